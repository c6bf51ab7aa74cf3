"""Which parts of a Japanese question written in hiragana say something: what is left without endings and particles."""

import re

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
お願いします おねがいします おしえて おしえてください しらせて しりたい みたい みて みたら やり やる やって やれば
"""
_RUN = re.compile("[\u3041-\u309f]{2,}")
_FUNCTION = re.compile("|".join(sorted(_SAY_LITTLE.split(), key=lambda one: (-len(one), one))))
_PARTICLES = "はがをにへともやかねよなのでばてたっ"


def says_little(word: str) -> bool:
    """Tell whether a word is one that most questions hold, such as "どう" and "について"."""
    return bool(_FUNCTION.fullmatch(word))


def content(text: str) -> list[str]:
    """Return the runs of hiragana in a text that may be words, without what most questions hold; two kana or more."""
    found = []
    for run in _RUN.findall(text):
        for part in _FUNCTION.sub(" ", run).split():
            kept = part.strip(_PARTICLES)
            if len(kept) > 1:
                found.append(kept)
    return found
