"""Tables on PDF pages: cells that wrap stay whole, each row has its column names, columns of text are no table."""

from index.documents import read_bytes
from tests.page_pdf import Page, Put, Rule, lines, paged

FULL = "The society meets on the first Thursday of each month in the old dairy, where new members pay"
COLUMNS = (72.0, 150.0, 260.0)
FAULTS = [
    ["Code", "Meaning", "What to do"],
    ["E01", "Door not closed", "Close the door until it|clicks; remove what|sticks out"],
    ["E09", "Heating fault", "Call the dealer"],
    ["E15", "Water in the|base tray", "Close the tap and call|the dealer at once"],
    ["E18", "No water", "Open the tap"],
]
FAULTS_READ = (
    "Code: E01 | Meaning: Door not closed | What to do: Close the door until it clicks; remove what sticks out\n"
    "Code: E09 | Meaning: Heating fault | What to do: Call the dealer\n"
    "Code: E15 | Meaning: Water in the base tray | What to do: Close the tap and call the dealer at once\n"
    "Code: E18 | Meaning: No water | What to do: Open the tap"
)


def blocks(data: bytes) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in read_bytes(data, ".pdf").blocks]


def tables(data: bytes) -> list[str]:
    return [text for kind, text in blocks(data) if kind == "table"]


def drawn(rows: list[list[str]], top: float = 700.0, room: float = 8.0, middle: bool = False) -> Page:
    """Return a table drawn cell by cell; "|" stands where a cell wraps, `room` is what rows are apart."""
    page: Page = []
    for row in rows:
        cells = [cell.split("|") for cell in row]
        deep = max(map(len, cells))
        for x, cell in zip(COLUMNS, cells, strict=False):
            first = top - 6.0 * (deep - len(cell)) * middle
            page += [Put(x, first - 12.0 * n, text) for n, text in enumerate(cell) if text]
        top -= 12.0 * deep + room
    return page


def line_by_line(rows: list[list[str]], room: float) -> Page:
    """Return a table drawn one line of the page after the other."""
    page: Page = []
    top = 700.0
    for row in rows:
        cells = [cell.split("|") for cell in row]
        for n in range(max(map(len, cells))):
            page += [Put(x, top, cell[n]) for x, cell in zip(COLUMNS, cells, strict=False) if n < len(cell) and cell[n]]
            top -= 12.0
        top -= room
    return page


def test_cells_that_wrap_are_whole_and_the_next_row_is_no_header():
    assert blocks(paged([drawn(FAULTS)])) == [("table", FAULTS_READ)]


def test_rows_that_no_room_parts_are_told_by_the_order_of_drawing():
    assert blocks(paged([drawn(FAULTS, room=0.0)])) == [("table", FAULTS_READ)]


def test_cells_set_in_the_middle_of_their_row_stay_in_it():
    rows = [
        ["Supplier", "Price|(ex VAT)", "Support"],
        ["Halden|Systems", "41,700", "3 years, next|business day"],
        ["Corvex", "78,200", "5 years"],
        ["Tera", "52,900", "3 years, return|to base"],
    ]
    assert tables(paged([drawn(rows, middle=True)])) == [
        "Supplier: Halden Systems | Price (ex VAT): 41,700 | Support: 3 years, next business day\n"
        "Supplier: Corvex | Price (ex VAT): 78,200 | Support: 5 years\n"
        "Supplier: Tera | Price (ex VAT): 52,900 | Support: 3 years, return to base"
    ]


def test_cells_wrap_in_tables_drawn_line_by_line():
    assert tables(paged([line_by_line(FAULTS, 8.0)])) == [FAULTS_READ]
    assert tables(paged([line_by_line(FAULTS[:1] + FAULTS[3:], 0.0)])) == [
        "Code: E15 | Meaning: Water in the base tray | What to do: Close the tap and call the dealer at once\n"
        "Code: E18 | Meaning: No water | What to do: Open the tap"
    ]


def test_japanese_cells_wrap_without_a_space():
    rows = [
        ["種別", "収集日", "出し方"],
        ["燃えるごみ", "毎週火曜日と金|曜日", "指定の袋に入れて|出す"],
        ["粗大ごみ", "予約した日", "処理券を貼る"],
        ["有害ごみ", "第一月曜日", "透明な袋に入れ、|有害と書く"],
    ]
    assert tables(paged([drawn(rows)])) == [
        "種別: 燃えるごみ | 収集日: 毎週火曜日と金曜日 | 出し方: 指定の袋に入れて出す\n"
        "種別: 粗大ごみ | 収集日: 予約した日 | 出し方: 処理券を貼る\n"
        "種別: 有害ごみ | 収集日: 第一月曜日 | 出し方: 透明な袋に入れ、有害と書く"
    ]


def test_lines_between_rows_part_them_and_a_cell_beside_two_rows_is_in_both():
    edges, heights = (66.0, 144.0, 254.0, 400.0), (714.0, 690.0, 642.0, 618.0)
    page: Page = [
        *(Put(x, 700, name) for x, name in zip(COLUMNS, ("Route", "Day", "Remarks"), strict=True)),
        Put(72, 656, "Oban"),
        *(Put(150, 678, "Monday"), Put(260, 678, "No bicycles"), Put(260, 667, "in the morning")),
        *(Put(150, 650, "Tuesday"), Put(260, 650, "Full")),
        *(Put(72, 626, "Largs"), Put(150, 626, "Friday"), Put(260, 626, "None")),
        *(Rule(66, y, 400, y) for y in heights),
        Rule(144, 662, 400, 662),
        *(Rule(x, 618, x, 714) for x in edges),
    ]
    assert tables(paged([page])) == [
        "Route: Oban | Day: Monday | Remarks: No bicycles in the morning\n"
        "Route: Oban | Day: Tuesday | Remarks: Full\n"
        "Route: Largs | Day: Friday | Remarks: None"
    ]


def test_names_above_several_columns_go_with_those_below():
    page: Page = [
        Put(72, 700, "Route"),
        Put(150, 700, "Fare in pounds, each way"),
        Put(150, 682, "Adult"),
        Put(260, 682, "Child"),
    ]
    rows = [("Oban", "4.55", "2.30"), ("Largs", "3.20", "1.60"), ("Arran", "5.10", "2.55")]
    page += [Put(x, 664 - 18 * n, cell) for n, row in enumerate(rows) for x, cell in zip(COLUMNS, row, strict=True)]
    assert tables(paged([page])) == [
        "Route: Oban | Fare in pounds, each way Adult: 4.55 | Fare in pounds, each way Child: 2.30\n"
        "Route: Largs | Fare in pounds, each way Adult: 3.20 | Fare in pounds, each way Child: 1.60\n"
        "Route: Arran | Fare in pounds, each way Adult: 5.10 | Fare in pounds, each way Child: 2.55"
    ]


def test_a_table_without_a_name_for_its_first_column_has_the_others():
    rows = [["", "KMD-R10", "KMD-R18"], ["Power", "1,130 W", "1,300 W"], ["Weight", "4.8 kg", "6.1 kg"]]
    assert tables(paged([drawn(rows)])) == [
        "Power | KMD-R10: 1,130 W | KMD-R18: 1,300 W\nWeight | KMD-R10: 4.8 kg | KMD-R18: 6.1 kg"
    ]


def test_a_table_that_goes_on_over_the_page_keeps_its_names_with_and_without_a_repeated_header():
    first = [["Code", "Meaning", "What to do"], ["E01", "Door open", "Close|it"], ["E02", "No water", "Open the tap"]]
    rest = [["E03", "Too hot", "Wait for|an hour"], ["E04", "Too cold", "Call"]]
    read = [
        "Code: E01 | Meaning: Door open | What to do: Close it\n"
        "Code: E02 | Meaning: No water | What to do: Open the tap",
        "Code: E03 | Meaning: Too hot | What to do: Wait for an hour\nCode: E04 | Meaning: Too cold | What to do: Call",
    ]
    assert tables(paged([drawn(first), drawn(rest)])) == read
    assert tables(paged([drawn(first, room=20.0), drawn([first[0], *rest], room=20.0)])) == read
    assert tables(paged([drawn(first), drawn(rest[1:])])) == [read[0], read[1].split("\n")[1]]


def test_text_in_two_columns_and_addresses_beside_each_other_are_no_table():
    left = [f"{word} bees are kept in the hills here," for word in ("Brown", "Grey", "Black", "Red")]
    right = [f"{word} hives stand on stones and oak." for word in ("Small", "Large", "Old", "New")]
    assert tables(paged([[*lines(left), *lines(right, left=320)]])) == []
    billed, sent = ["Acme Ltd", "12 High Street", "Leeds"], ["Acme Works", "Unit 7, Dock Road", "Hull"]
    assert tables(paged([[*lines(billed), *lines(sent, left=320)]])) == []


def test_rows_close_to_each_other_in_groups_are_not_joined():
    rows = [("Year", "Costs"), ("2001", "700"), ("2002", "950"), ("2003", "810"), ("2004", "905")]
    heights = (700, 684, 671, 645, 632)
    page = [
        Put(x, y, cell) for y, row in zip(heights, rows, strict=True) for x, cell in zip((72, 150), row, strict=True)
    ]
    assert tables(paged([page])) == [
        "Year: 2001 | Costs: 700\nYear: 2002 | Costs: 950\nYear: 2003 | Costs: 810\nYear: 2004 | Costs: 905"
    ]


def test_the_paragraph_below_a_table_is_none_of_its_rows():
    page = [*drawn(FAULTS), Put(72, 552, FULL), Put(72, 539, "a deposit.")]
    assert blocks(paged([page])) == [("table", FAULTS_READ), ("text", f"{FULL} a deposit.")]
