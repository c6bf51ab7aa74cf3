"""Keyword rules: labels for a question without any model. A second vote, and the fallback when the weights are missing."""

import re

from assistant.calls import TASKS, Tool
from assistant.reader.labels import Labels, kind_of, roles_for
from assistant.reader.spans import Marked

_TASK_WORDS: dict[str, str] = {
    "embedding": r"埋め込み|エンベディング|ベクトル検索|ベクトル化|類似度|embedding|embedder|vector search|semantic search|リランカ|rerank",
    "speech": r"音声|文字起こし|書き起こし|議事録.*録音|録音|聞き取|speech|transcri|voice|audio|dictation|字幕起こし|tts|読み上げ",
    "image": r"画像生成|イラスト|絵を描|画像を作|絵を作|image generation|generate (?:an? )?(?:images|pictures)|draw|text-to-image|illustration|art generation",
    "vision": r"画像(?:を|の|から|に|認識|理解|入力)|写真|スクショ|スクリーンショット|図面|レシート|screenshots?|photos?|images?|pictures?|visual|vision|ocr|マルチモーダル|multimodal|手書き",
    "function_calling": r"ツール呼び出し|関数呼び出し|function[- ]?call|tool[- ]?(?:call|use)|エージェント|agent|mcp|api連携|json(?:出力|で返)",
    "rag": r"(?<![a-z])rag(?![a-z])|社内文書|社内ドキュメント|マニュアル|規程|文書検索|ナレッジ|knowledge base|our documents|internal docs|wiki|資料.*(?:質問|検索|答)|document q&?a|docs qa|pdf.*(?:質問|質疑|聞)",
    "extraction": r"抽出|項目.*(?:抜|取り)|情報を抜|分類|タグ付け|構造化|extract|classif|structured|named entit|ner\b|parse|labell?ing|sentiment|感情分析|仕分け",
    "translation": r"翻訳|通訳|訳し|訳す|和訳|英訳|ローカライズ|translat|localis|localiz|locali[sz]ation|interpret(?:ing|er)\b",
    "summarization": r"要約|まとめ(?:て|る|たい|を)|サマリ|議事録|短くし|summar|tl;?dr|minutes|digest|abstract|condense|discharge letter",
    "coding": r"コーディング|コード|プログラ|実装|デバッグ|リファクタ|開発(?:用|に)|補完|python|javascript|typescript|rust|java\b|sql|c\+\+|coding|code|program|debug|refactor|autocomplete|copilot|(?<![a-z])fim(?![a-z])|git|unit test|script",
    "math": r"数学|計算問題|算数|方程式|数式|微積|数オリ|統計の問題|math|algebra|calculus|olympiad|equation|aime|proof",
    "reasoning": r"推論(?:力|能力|が|に強|タスク|問題)|論理|思考|パズル|考える力|難問|reasoning task|logic|puzzle|step[- ]by[- ]step|complex problem|deduc|planning|hard problem",
    "writing": r"小説|執筆|文章(?:作成|を書|生成)|作文|ブログ|記事|物語|シナリオ|俳句|短歌|詩|歌詞|キャッチコピー|メール(?:文|を書|作成|の下書き|の文)|ライティング|創作|添削|校正|推敲|novel|story|stories|fiction|poem|poetry|blog|essay|copywriting|creative|writing|write (?:an?|my|emails?|articles?)|draft|proofread|lyrics|rewrit",
    "edge": r"スマホ|スマートフォン|ラズパイ|ラズベリー|raspberry|iphone|android|組み込み|組込|エッジ|モバイル端末|on[- ]device|edge|embedded|phone|microcontroller|jetson|iot",
    "chat": r"雑談|会話|チャット|おしゃべり|話し相手|対話|相談相手|問い合わせ|カスタマーサポート|チャットボット|chatgpt(?:みたい|のよう|代わり|的)|ロールプレイ|roleplay|role-play|chat|conversation|companion|talk to|customer support|helpdesk|assistant|q&a bot",
    "general": r"汎用|何でも|なんでも|いろいろ|オールラウンド|general[- ]purpose|all[- ]?round|general use|everything|everyday",
}
_TASKS = tuple((task, re.compile(words, re.I)) for task, words in _TASK_WORDS.items())

_TOOLS: dict[str, re.Pattern[str]] = {
    name: re.compile(words, re.I)
    for name, words in {
        "oos": r"天気|レシピ|株価|占い|ニュースを|ignore (?:all|your|previous|the)|指示を(?:無視|忘れ)|system prompt|プロンプトを(?:表示|出力|見せ)|weather|recipe|stock price|joke|horoscope|football|headache|頭痛|薬を|お腹|恋愛|死にたい|jailbreak|爆弾|bomb",
        "finetune": r"ファインチューニング|ファインチューン|微調整|追加学習|再学習|学習させ|lora|fine-?tun|train(?:ing)?\b|sft|dpo",
        "compare": r"比較|比べ|違い|どっち|どちら|vs\.?|versus|対決|compare|comparison|better than|difference|or\b|優れ|強い|上ですか",
        "fit": r"動く|動き|動か|載る|載り|載せ|のる|のり|乗る|乗り|入る|入り|収ま|足り|いける|行ける|走る|回る|使え|必要|fit|run|enough|need|require|handle|load|memory|vram|メモリ|どれくらい|どのくらい",
        "max_size": r"(?:最大|どのくらい(?:の|まで)|どれくらい(?:の|まで)|何[bB]|何億|どこまで|どのサイズ|サイズ(?:は|まで)|how (?:big|large|many (?:param|b))|largest|biggest|max(?:imum)?|what size|上限|限界)",
        "explain": r"とは|って何|ってなに|なぜ|なんで|どうして|仕組み|意味|方法|やり方|教えて.*(?:違い|仕組)|違いは|のか|what (?:is|are|does)|why|how (?:do|does|to|is|can|should)|explain|difference between|when should|meaning|mean\b|コツ|選び方",
        "recommend": r"おすすめ|オススメ|お勧め|どれ|どの(?:モデル|llm|ai)|何がいい|なにがいい|いい(?:モデル|の)|良い(?:モデル|の)|選ん|欲しい|ほしい|探し|したい|使いたい|候補|ベスト|最適|教えて|recommend|suggest|best|which|looking for|what (?:model|llm|should)|good (?:model|llm)|pick|need an?|want",
    }.items()
}
_FIELDS: dict[str, re.Pattern[str]] = {
    name: re.compile(words, re.I)
    for name, words in {
        "licence": r"ライセンス|商用|licen[cs]e|commercial|利用規約|売って|apache|(?<![a-z])mit(?![a-z])",
        "context": r"コンテキスト|文脈長|context|何トークン|トークン(?:数|まで)|how long|長文",
        "release": r"リリース|いつ出|発売|公開(?:日|された|時期)|いつ(?:の|から)|release|came out|come out|how old|launch|when",
        "languages": r"何語|言語|対応語|日本語(?:は|も|に|を)|languages?|speak|multilingual|<lang\d>",
        "price": r"料金|値段|価格|いくら|単価|コスト|price|pricing|cost|how much|\$",
        "benchmarks": r"ベンチ|スコア|点数|mmlu|成績|benchmark|score|gpqa|elo|arena|ランキング",
        "params": r"パラメータ|パラメーター|何[bB]|サイズ|何億|parameters?|params?|how (?:big|large)|size",
    }.items()
}
_FLAGS: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (group, value, re.compile(words, re.I))
    for group, value, words in (
        ("hosting", "any", r"(?:ローカル|api).{0,8}(?:でも|どちら|どっち).{0,10}(?:いい|良い|構わ|ok)|either (?:local|api|cloud)|local or (?:api|cloud|hosted)|どちらでも"),
        ("hosting", "local", r"ローカル|オフライン|自宅|自前|手元|社内サーバ|社外(?:に|へ)|外(?:に|へ)(?:は)?出せ|オンプレ|ネットなし|ネットにつな|apiは(?:使え|ng|不可|禁止)|local|offline|on-?prem|self-?host|our (?:own )?server|air-?gapped|can(?:'|no)t leave|no (?:external )?(?:api|cloud)|without internet|自分のpc|うちの|my (?:own )?(?:pc|laptop|machine|computer|desktop)|private"),
        ("hosting", "api", r"(?<![a-z])api(?![a-z])|クラウド|従量|cloud|hosted|pay per|managed service|saas で"),
        ("commercial_use", "true", r"商用|商業|販売|製品|プロダクト|自社サービス|売り物|顧客|commercial|product|customers?|client|sell|ship|business|company|社内|業務|仕事で|会社|弊社|当社"),
        ("needs_finetuning", "true", r"ファインチューニング|微調整|追加学習|fine-?tun|lora"),
        ("variant", "base", r"ベースモデル|base model|素の|事前学習(?:済み)?モデル|pretrained|インストラクト.{0,4}じゃな"),
        ("variant", "reasoning", r"推論モデル|思考モデル|シンキング|reasoning model|thinking model|chain of thought"),
        ("variant", "instruct", r"指示モデル|インストラクト|instruct"),
        ("priority", "speed", r"速度(?:優先|重視)|速い|早い|高速|サクサク|レスポンス|低遅延|爆速|fast|speed|quick|latency|snappy|real-?time|リアルタイム"),
        ("priority", "cost", r"安い|安く|最安|コスパ|コスト(?:優先|重視|を抑)|予算|節約|無料|cheap|cost|afford|budget|free|inexpensive"),
        ("priority", "quality", r"品質|精度|賢い|賢さ|高性能|最高|一番(?:いい|良い|賢)|性能(?:優先|重視)|quality|accura|smartest|most capable|best possible|state of the art|sota"),
        ("nogpu", "true", r"(?:gpu|グラボ|グラフィックボード)[^。、]{0,6}(?:なし|無し|ない|無い|非搭載|積んで(?:い)?ない|載って(?:い)?ない|入って(?:い)?ない)|(?:no|without(?: an?)?|don't have an?|lacks? an?) (?:dedicated |discrete |external )?(?:gpu|graphics)|cpu ?(?:only|のみ|だけ|オンリー|で)|gpuレス"),
    )
)


def rule_tool(marked: Marked) -> Tool | None:
    """Return the tool that keywords and span kinds point to, None when nothing is said."""
    text = marked.text
    kinds = [kind_of(name) for name, _ in marked.placeholders]
    models = sum(kind in ("MOD", "REF") for kind in kinds)
    hardware = any(kind in ("GPU", "MAC", "GB") for kind in kinds)
    says = {name: bool(pattern.search(text)) for name, pattern in _TOOLS.items()}
    if says["oos"] and not models and not hardware:
        return "out_of_scope"
    if models and says["finetune"]:
        return "finetune_memory"
    if models >= 2 and says["compare"]:
        return "compare"
    if models == 1 and (hardware or "QNT" in kinds) and (says["fit"] or not says["recommend"]):
        return "fit"
    if models == 1 and any(pattern.search(text) for pattern in _FIELDS.values()) and not hardware:
        memory = re.search(r"vram|メモリ|memory|\bram\b|ギガ|gb", text)
        return "fit" if memory else "model_info"
    if models == 1 and says["fit"]:
        return "fit"
    if hardware and not models and says["max_size"]:
        return "max_size"
    if says["recommend"] and not (says["explain"] and re.search(r"what is|とは|って何|選び方|why|なぜ", text)):
        return "recommend"
    if models >= 2:
        return "compare"
    if says["explain"]:
        return "explain"
    if hardware or any(pattern.search(text) for _, pattern in _TASKS):
        return "recommend"
    return "model_info" if models else None


def rule_labels(marked: Marked, tool: Tool | None = None) -> Labels:
    """Return labels by keywords alone; every placeholder takes the first role that its tool offers."""
    tool = tool or rule_tool(marked) or ("clarify" if len(marked.text) < 40 else "out_of_scope")
    text = marked.text
    values: dict[str, str] = {}
    for task, pattern in _TASKS:
        if pattern.search(text) and task in TASKS:
            values["task"] = task
            break
    for group, value, pattern in _FLAGS:
        if group not in values and pattern.search(text):
            values[group] = value
    for name, pattern in _FIELDS.items():
        if "field" not in values and pattern.search(text):
            values["field"] = name
    method = re.search(r"q-?lora|lora|full|フル", text)
    if method:
        values["method"] = {"q": "qlora", "l": "lora"}.get(method[0][0], "full")
    roles: dict[str, str] = {}
    for name, span in marked.placeholders:
        allowed = roles_for(tool, name, span)
        if allowed:
            roles[name] = span.hint if span.hint in allowed else allowed[0]
    excluded = re.search(r"以外|除外|抜き|除いて|外して|except|other than|not |without|no ", text)
    if tool == "recommend" and not excluded:
        roles = {name: role for name, role in roles.items() if role != "exclude"}
    return Labels(tool, values, roles)
