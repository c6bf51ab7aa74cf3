"""Monthly costs: API prices and electricity at a usage, and the break-even; unknown stays unknown."""

import pytest

from assistant.calls import Recommend
from assistant.choosing.costs import api_month, break_even, running
from assistant.choosing.usage import rated_watts, usage_of
from assistant.errors import BadArguments
from assistant.hardware.machine import Device, Machine
from assistant.memory.report import Speed
from knowledge.costs import load_costs
from knowledge.schema import Gpu, Price
from tests.small_catalog import SOURCE, api, ladder, model
from tests.test_recommend import LAPTOP, ask

DEFAULT = usage_of(Recommend())


def stated(**usage):
    return usage_of(Recommend.model_validate({"usage": usage}))


def test_the_assumed_usage_is_a_million_read_and_a_fifth_written_per_working_day():
    known = load_costs()
    assert (DEFAULT.input_tokens, DEFAULT.output_tokens) == (21 * 1_000_000, 21 * 200_000)
    assert DEFAULT.assumed and known.electricity.ref and known.electricity.date


def test_a_stated_usage_and_prices_replace_the_assumptions():
    usage = stated(input_tokens=3, output_tokens=0, hardware_price=1600, electricity_price=0.3)
    assert (usage.input_tokens, usage.output_tokens, usage.assumed) == (3, 0, False)
    assert (usage.hardware_usd, usage.usd_per_kwh) == (1600, 0.3)
    assert stated(hardware_price=1600).assumed


@pytest.mark.parametrize(
    "price, expected",
    [
        (Price("lab", 1.0, 4.0, None, "test"), 37.8),  # 21 * 1 + 4.2 * 4
        (Price("lab", 0.25, 1.0, None, "test"), 9.45),  # 21 * 0.25 + 4.2 * 1
        (Price("lab", None, 4.0, None, "test"), None),
        (None, None),
    ],
)
def test_api_month(price, expected):
    assert api_month(price, DEFAULT) == (None if expected is None else pytest.approx(expected))


def test_electricity_is_hours_times_rated_power_times_price():
    run = running(Speed(20, 30, 40, "memory bandwidth", 1000.0), 450, DEFAULT)
    # 4.2M / 30 + 21M / 1000 = 140,000 s + 21,000 s = 44.72 h; 44.72 h * 0.45 kW * 0.1545 = 3.109
    assert run.hours == pytest.approx(44.722, abs=0.001) and run.usd == pytest.approx(3.109, abs=0.001)
    assert not run.too_slow
    assert running(Speed(1, 1, 1, "memory bandwidth", 10.0), 450, DEFAULT).too_slow  # 1,167 h + 583 h of 730 h


def test_what_is_unknown_makes_the_cost_unknown():
    speed = Speed(20, 30, 40, "memory bandwidth", 1000.0)
    assert running(None, 450, DEFAULT).usd is None
    assert running(Speed(20, 30, 40, "memory bandwidth"), 450, DEFAULT).hours is None
    assert running(speed, None, DEFAULT).usd is None and running(speed, None, DEFAULT).hours is not None


def test_rated_power_is_of_all_cards_or_unknown():
    gpus = {
        "A": Gpu("A", "nvidia", (8.0,), None, None, False, False, (), (), None, (SOURCE,), 200.0),
        "B": Gpu("B", "nvidia", (8.0,), None, None, False, False, (), (), None, (SOURCE,)),
    }

    def machine(*names):
        cards = tuple(Device(name, "nvidia", "cuda", 8192, 8192, None, None) for name in names)
        return Machine(cards, None, None, "", None, None, "stated")

    assert rated_watts(gpus, machine("A", "A")) == 400
    assert rated_watts(gpus, machine("A", "B")) is None
    assert rated_watts(gpus, machine("unheard of")) is None
    assert rated_watts(gpus, machine()) is None and rated_watts(gpus, None) is None


def test_break_even():
    assert break_even(100.0, stated(hardware_price=1600)) == {"months": 16.0, "up_to_usd": None, "over_months": None}
    assert break_even(100.0, DEFAULT) == {"months": None, "up_to_usd": 2400, "over_months": 24}  # 24 * 100
    assert break_even(-1.0, DEFAULT) == {"months": None, "up_to_usd": None, "over_months": None}


def test_api_and_local_models_stand_in_one_list():
    apis = [api(f"cloud{n}-x", 90.0 + n, 10.0 + n, family=f"cloud{n}") for n in range(4)]
    result = ask([*ladder(), *apis], hosting="any", hardware=LAPTOP)
    assert [pick["hosting"] for pick in result["picks"]] == ["api", "api", "local"]
    first = result["costs"]["rows"][0]
    price = result["picks"][0]["price"]
    assert first["usd_per_month"] == round(21 * price["input"] + 4.2 * price["output"], 2)
    assert result["costs"]["rows"][2]["hours_per_working_day"] > 0
    assert any("21M" in line for line in result["assumptions"])


def test_without_an_api_nothing_is_said_of_costs_unless_asked():
    assert ask(ladder(), hardware=LAPTOP)["costs"] is None
    asked = ask(ladder(), hardware=LAPTOP, usage={"input_tokens": 10**6, "output_tokens": 10**5})
    assert asked["costs"]["usage"]["input_tokens"] == 10**6 and not asked["costs"]["usage"]["assumed"]


def test_the_usage_options_of_the_command_line():
    from assistant.commands.options import TokensPerMonth, usage

    (option,) = TokensPerMonth.__metadata__
    assert option.parser("21M+4.2M") == (21_000_000, 4_200_000)
    assert option.parser("２００万+50万") == (2_000_000, 500_000)
    with pytest.raises(BadArguments, match="such as"):
        option.parser("30M")
    assert usage((3, 4), None, 0.3) == {"input_tokens": 3, "output_tokens": 4, "electricity_price": 0.3}
    assert usage(None, None, None) is None


def test_what_a_month_is_too_short_for_is_not_the_first_choice():
    """On 1.3 tokens/s a month of 730 hours writes 3.4 million tokens, so not 40 million."""
    models = [
        model("able-70b", 70, 95.0, price=None),
        model("cloud-7b", 7, 60.0, open_weights=False, price=Price("x", 0.1, 0.4, None, "s")),
    ]
    hardware = {"gpu": None, "ram_gb": 64}
    for usage, first in (({"output_tokens": 40_000_000}, "cloud-7b"), ({"output_tokens": 100_000}, None)):
        picks = ask(models, hardware=hardware, hosting="any", usage=usage, priority="quality")["picks"]
        assert {pick["id"] for pick in picks} == {"able-70b", "cloud-7b"}
        assert picks[0]["id"] == (first or "able-70b")
