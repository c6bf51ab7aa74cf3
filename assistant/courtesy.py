"""Messages of mere politeness, and the short friendly reply to them."""

import re
from typing import Literal

from assistant.events import Language
from assistant.sentences import say
from assistant.writer.draft import Draft
from assistant.writer.explanation import examples

Courtesy = Literal["thanks", "greeting", "parting"]
_WORDS: dict[Courtesy, str] = {
    "thanks": r"(?:どうも|本当に|ほんとに|大変|とても|いろいろ|色々)?(?:ありがとう?|有り?難う|感謝)"
    r"(?:ござい(?:ます|ました)|です|します|ね|よ)*|助かり(?:ます|ました)|助かった|サンキュー?|さんきゅー?|どうも"
    r"|お(?:世話|手数)(?:に|を)(?:なり|おかけし)ました"
    r"|(?:(?:many|much|ok|okay|great|cool|perfect) )*(?:thanks?|thank you|thx|ty|cheers)"
    r"(?: (?:you|a lot|so much|very much|again|for helping|for (?:your|the|all your) (?:help|answer|advice)))*"
    r"|(?:much )?appreciated|i appreciate (?:it|that|your help)|that (?:helps|helped|was helpful)(?: a lot)?"
    r"|(?:very )?helpful",
    "greeting": r"こんにち[はわ]|こんばん[はわ]|おはよう?(?:ございます)?|はじめまして|初めまして|やあ|ハロー|もしもし"
    r"|よろしく(?:お願い(?:し|いたし|致し)ます|ね)?|お疲れ(?:様|さま)(?:です|でした)?"
    r"|(?:hi|hello|hey)(?: (?:there|again))?|hiya|howdy|greetings|good (?:morning|afternoon|evening|day)"
    r"|nice to meet you|how are you(?: doing)?(?: today)?",
    "parting": r"さようなら|さよなら|バイバイ|またね|また(?:今度|明日)ね?|失礼します|おやすみ(?:なさい)?"
    r"|good ?bye|bye(?: bye)?|see you(?: later)?|good night"
    r"|(?:have|enjoy) a (?:nice|good|great) (?:day|evening|one|weekend)",
}
_ADDRESS = r"mekiki|目利き|さん|ちゃん|は|です|all|everyone|mate|folks"  # said beside them without meaning more
_PAUSE = re.compile(r"[\s、。，．,.!！?？~〜ー…♪☆;:()（）^_\-\U0001f300-\U0001faff\u2600-\u27bf\ufe0f]+")
_LONGEST = 60


def courtesy(message: str) -> Courtesy | None:
    """Return what a message of nothing but politeness is, by its first words; None when it says anything else."""
    if len(message) > _LONGEST:
        return None
    said = _PAUSE.sub(" ", message.casefold()).strip()
    whole = "|".join(f"(?P<{kind}>{words})" for kind, words in _WORDS.items())
    first: Courtesy | None = None
    while said:
        found = re.match(rf"(?:{whole})(?![a-z])|(?:{_ADDRESS})(?![a-z])", said)
        if not found:
            return None
        first = first or next((kind for kind in _WORDS if found[kind]), None)
        said = said[found.end() :].strip()
    return first


def reply(kind: Courtesy, language: Language) -> Draft:
    """Return a friendly line, with what can be asked."""
    return Draft(say(language, f"courtesy.{kind}"), (say(language, "decline.can"),), next_questions=examples(language))
