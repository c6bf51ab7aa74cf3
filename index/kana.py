"""Which parts of a Japanese question written in hiragana say something: what is left without endings and particles."""

import re
from collections.abc import Iterable

# Expressions of two kana and more; one-kana particles fall off the ends of what is left.
_SAY_LITTLE = """
ですか ますか でしょうか ましょうか でしたか ましたか ませんか でしょう ましょう です ます でした ました ません
だろうか だろう ください くださいますか いただけますか いただける いただきたい いただく いただき もらえますか
もらえる もらいたい ほしい あります ありますか ありません あった ある あり なければ なくては ないと ない なく なし
なかった なかっ しますか します しました したい したく したら すれば すると する して した しない しなく され させ
される させる せる できますか できます できません できない できる でき なります なる なれば なった なって なり
なれる ならない いけない いけません いいですか よいですか いいのか いいの よいか いい よい よく よろしい よろしく
だめ どうすれば どうしたら どうやって どうなる どうなり どうして どうやる どのように どのくらい どれくらい どれだけ
どんな どのよう どの どう どこ どれ どちら だれ いつ いつまで いつから いくら いくつ なに なん なぜ なんで そもそも
これ それ あれ この その あの ここ そこ こちら そちら こう そう こんな そんな こと もの ため とき ところ ほう よう
ようなもの わけ はず つもり まま うち など なんて なら ならば から まで より だけ しか ほど くらい ぐらい ばかり
でも ても たら れば ので のに けど けれど けれども ながら たり って という といった として とか には では とは にも
へは からは までに までは については について における によって による てい ている ていた ていて ておく ておき
てしまう てしまっ ていい てもいい てから たい たく れる られる れた られた られ もう まだ また もし すぐ とても
いる いう ちょっと やはり やっぱり たとえば あと ずつ ごと たち さん さま わたし わたくし ぼく おれ みんな みなさん
ことになる ことになります ことができる ことができます しなければならない しなければ ないといけない なければいけない
でいる でいて でいた でいます ています んですか んですが んです のです のだ んだ んだっけ だっけ っけ どれぐらい
どのぐらい かどうか お願いします おねがいします おしえて おしえてください しらせて しりたい みたい みて みたら
やり やる やって やれば
"""
_JAPANESE = re.compile("[\u4e00-\u9fff\u3005\u3041-\u309f]")
_RUN = re.compile("[\u3041-\u309f]{2,}")
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]+")
_FUNCTION = re.compile("|".join(sorted(_SAY_LITTLE.split(), key=lambda one: (-len(one), one))))
_BEFORE_WORDS = "はがをにのでともへや"
_SHORT = 3  # kana: a longer word is seldom an ending by chance
_PARTICLES = "はがをにへともやかねよなのでばてたっ"


def says_little(word: str) -> bool:
    """Tell whether a word is one that most questions hold, such as "どう" and "について"."""
    return bool(_FUNCTION.fullmatch(word))


def is_part(text: str, start: int, end: int) -> bool:
    """Tell whether hiragana at this place is a part of an expression that says little: くらい in どのくらい."""
    if not _RUN.fullmatch(text, start, end):
        return False
    first = start
    while first > 0 and "\u3041" <= text[first - 1] <= "\u309f":
        first -= 1
    within = (one.span() for one in _FUNCTION.finditer(text, first))
    return any(a <= start and end <= b and b - a > end - start for a, b in within)


def is_ending(text: str, start: int, end: int) -> bool:
    """Tell whether a few kana at this place in a text are an ending rather than a word: たか in 乾いたか.

    A short word begins where one can: behind no kanji, and of kana only behind a particle.
    """
    short = _RUN.fullmatch(text, start, end) is not None and end - start <= _SHORT
    return short and bool(_JAPANESE.match(text[start - 1 : start])) and text[start - 1] not in _BEFORE_WORDS


def chance_parts(text: str, places: Iterable[tuple[int, int]]) -> set[int]:
    """Return the starts of words that are in a run of katakana by chance: グラ, ニュ, レーション in an unknown word.

    `places` are those of all words found. Two words in one run that have two letters or fewer tell that it is another
    word; one beside longer words makes a compound (バスツアー).
    """
    found = list(places)
    by_chance: set[int] = set()
    for run in _KATAKANA.finditer(text):
        inside = [(start, end) for start, end in found if run.start() <= start and end <= run.end()]
        if sum(end - start <= 2 for start, end in inside) > 1:
            by_chance.update(start for start, _ in inside)
    return by_chance


def content(text: str) -> list[str]:
    """Return the runs of hiragana in a text that may be words, without what most questions hold; two kana or more."""
    found = []
    for run in _RUN.findall(text):
        for part in _FUNCTION.sub(" ", run).split():
            kept = part.strip(_PARTICLES)
            if len(kept) > 1:
                found.append(kept)
    return found
