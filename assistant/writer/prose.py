"""The chat model's part of an answer: sentences from the evidence, each released only after it was checked."""

from collections.abc import Iterable, Iterator

from assistant.events import Language
from assistant.llm import ChatModel, Message, without_thinking
from assistant.writer.draft import Draft
from assistant.writer.evidence import Evidence, gather, sentences, unsupported

MOST_SENTENCES = 5
SYSTEM = {
    "ja": "あなたはMekikiの文章担当です。EVIDENCEに書かれた事実だけを使い、質問に2〜4文の自然な日本語で答えてください。"
    "数字・モデル名・ライセンス名はEVIDENCEの表記のまま写し、新しい数字や名前は書かないでください。"
    "根拠には [1] のように番号を付けてください。表や箇条書きは書かないでください。",
    "en": "You write for Mekiki. Answer the question in 2 to 4 plain English sentences, using only facts in EVIDENCE. "
    "Copy numbers, model names and licences exactly; add no new number or name. "
    "Cite as [1]. No tables, no lists.",
}


def checked_sentences(
    model: ChatModel,
    question: str,
    draft: Draft,
    result: dict[str, object],
    language: Language,
    names: Iterable[str] = (),
) -> Iterator[str]:
    """Yield the model's sentences that the evidence supports; `names` are the families and labs of the catalog.

    Raises ModelFileError or ServerError from the model.
    """
    texts = [draft.text(), *(source.text for source in draft.sources)]
    evidence: Evidence = gather(language, texts, result, len(draft.sources), names)
    released = 0
    said: set[str] = set()
    for sentence in sentences(without_thinking(model.stream(messages(question, draft, language)))):
        if sentence in said or unsupported(sentence, evidence) is not None:
            continue
        said.add(sentence)
        yield sentence
        released += 1
        if released == MOST_SENTENCES:
            return


def messages(question: str, draft: Draft, language: Language) -> list[Message]:
    """Return the prompt: instructions first and always the same, then the evidence, the question last."""
    passages = "\n\n".join(f"[{s.n}] {s.heading}\n{s.text}" for s in draft.sources)
    evidence = f"EVIDENCE\n{draft.text()}\n\n{passages}"
    return [
        {"role": "system", "content": SYSTEM[language]},
        {"role": "user", "content": f"{evidence}\n\nQUESTION\n{question}"},
    ]
