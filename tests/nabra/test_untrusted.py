"""A model, a configuration and a file of articles may come from anybody: none runs code or reaches out of its place."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest

from nabra import arabert
from nabra._mentions import clean_mention
from nabra.analyzer import Analyzer
from nabra.article import Article, Sentence, Source
from nabra.checkpoint import read_model_config
from nabra.config_files import build_parser, parse
from nabra.errors import NabraError
from nabra.formats import read_labelled
from nabra.labelled import trim_mention
from nabra.manifest import MANIFEST_NAME
from nabra.names import read_phrase, strip_titles
from nabra.reports import write_report
from nabra.runtimes import load_runtime
from nabra.runtimes.onnx import onnx_path
from nabra.speakers import Attribution, resolve_speakers
from nabra.splitting import split_sentences
from nabra.untrusted import check_weights
from nabra.words import fold, tokenize

CODE = "open('ran', 'w')"


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A model without a manifest: whoever changes a model's files can change that too."""
    copy = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    (copy / MANIFEST_NAME).unlink()
    return copy


def change(path: Path, **values: Any) -> Path:
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")
    return path


@pytest.mark.parametrize("runtime", ["openvino", "torch"])
def test_code_beside_a_model_never_runs(
    runtime: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in (tmp_path, model):
        for name in ("modeling_evil", "tokenization_evil", "nabra_plugin"):
            (folder / f"{name}.py").write_text(f"{CODE}\nclass Evil: ...\n", encoding="utf-8")
    change(model / "tokenizer_config.json", auto_map={"AutoTokenizer": ["tokenization_evil.Evil", None]})
    Analyzer.from_pretrained(str(model), runtime=runtime).analyze("قال الوزير نعم.")
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    auto_map = {"AutoModel": "modeling_evil.Evil", "AutoConfig": "modeling_evil.Evil"}
    for place in ({"auto_map": auto_map}, {"encoder": config["encoder"] | {"auto_map": auto_map}}):
        (model / "config.json").write_text(json.dumps(config | place), encoding="utf-8")
        with pytest.raises(NabraError, match=r"config\.json: auto_map: a Nabra model holds no code"):
            Analyzer.from_pretrained(str(model), runtime=runtime)
    assert not (tmp_path / "ran").exists()
    assert not (model / "ran").exists()


def test_an_encoder_that_asks_for_code_of_the_hub_is_refused(tiny_encoder: Path, tmp_path: Path) -> None:
    from nabra.config import ModelConfig
    from nabra_train.checkpoints import check_encoder

    encoder = Path(shutil.copytree(tiny_encoder, tmp_path / "encoder"))
    change(encoder / "config.json", attn_implementation="kernels-community/flash-attn")
    with pytest.raises(NabraError, match="asks for the attention 'kernels-community/flash-attn'"):
        check_encoder(ModelConfig(encoder=str(encoder)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"attn_implementation": "owner/kernel"}, "attn_implementation: a Nabra model holds no code"),
        ({"quantization_config": {"quant_method": "x"}}, "quantization_config: a Nabra model"),
        ({"transformers_weights": "../other.safetensors"}, "transformers_weights: a Nabra model"),
        ({"encoder": "bert"}, "encoder: must be an object"),
        ({"tones": "abc"}, "tones: must be a list"),
        ({"tones": [1, 2]}, "tones: must be a list"),
        ({"tones": ["a", "b", "a"]}, "tones: names one of them twice"),
        ({"preprocessing": ["own"]}, r"preprocessing: \['own'\] is unknown"),
        ({"head_size": "16"}, "head_size: must be a number"),
        ({"head_dropout": None}, "head_dropout: must be a number"),
        ({"max_tokens": "64"}, "max_tokens: must be a number"),
        ({"max_tokens": 10**9}, "max_tokens: must be a number that the encoder has room for"),
    ],
)
def test_a_model_that_asks_for_more_than_it_may_is_refused(values: dict[str, Any], message: str, model: Path) -> None:
    path = change(model / "config.json", **values)
    with pytest.raises(NabraError, match=message) as caught:
        read_model_config(model)
    assert str(caught.value).startswith(f"{path}: ")


def test_tones_that_the_weights_do_not_have_are_refused(model: Path) -> None:
    change(model / "config.json", tones=["a", "b", "c", "d"])
    with pytest.raises(NabraError, match=r"config\.json names 4 tones, the weights 3; copy the model again"):
        Analyzer.from_pretrained(str(model), runtime="openvino").analyze("قال الوزير نعم.")


@pytest.mark.parametrize("content", ["[]", "{", "[" * 100_000, '{"model_type": "nabra"}'])
def test_a_broken_config_is_one_line(content: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(NabraError, match=r"config\.json: "):
        read_model_config(tmp_path)


@pytest.mark.parametrize("name", ["../w.safetensors", "/w.safetensors", "w.bin", "sub/w.safetensors", "..", 1])
def test_weights_are_safetensors_in_the_folder_of_the_model(name: object, tmp_path: Path) -> None:
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "model-1.safetensors"}}), encoding="utf-8")
    check_weights(tmp_path)
    change(index, weight_map={"a": "model-1.safetensors", "b": name})
    with pytest.raises(NabraError, match=r"index\.json: names .*own folder"):
        check_weights(tmp_path)
    index.write_text("{}", encoding="utf-8")
    with pytest.raises(NabraError, match="not an index of weights"):
        check_weights(tmp_path)


def test_adapters_are_not_read(model: Path) -> None:
    (model / "adapter_config.json").write_text('{"base_model_name_or_path": "/elsewhere"}', encoding="utf-8")
    with pytest.raises(NabraError, match=r"adapter_config\.json: adapters are not read"):
        Analyzer.from_pretrained(str(model), runtime="torch")


@pytest.mark.parametrize("location", ["../../secret.bin", "/etc/passwd", "weights.bin"])
@pytest.mark.parametrize("inside", ["graph", "node"])
def test_an_onnx_model_keeps_its_weights_in_itself(location: str, inside: str, model: Path) -> None:
    path = onnx_path(model)
    graph = onnx.load(str(path))
    tensor = onnx.TensorProto(
        name="stolen", data_type=1, dims=[2], data_location=onnx.TensorProto.EXTERNAL, external_data=[]
    )
    for key, value in (("offset", "0"), ("location", location)):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    if inside == "graph":
        graph.graph.initializer.append(tensor)
    else:
        graph.graph.node.append(onnx.helper.make_node("Constant", [], ["stolen"], value=tensor))
    path.write_bytes(graph.SerializeToString())
    with pytest.raises(NabraError, match=r"model\.onnx: keeps weights in other files, which are not read"):
        load_runtime(model, "onnx")


def test_an_onnx_model_may_have_names_of_all_kinds(model: Path) -> None:
    path = onnx_path(model)
    graph = onnx.load(str(path))
    graph.graph.node[0].name = "/relocation/location_1"
    path.write_bytes(graph.SerializeToString())
    load_runtime(model, "onnx")
    path.write_bytes(b"")
    with pytest.raises(NabraError, match="is empty"):
        load_runtime(model, "onnx")


def test_openvino_reads_no_further_than_its_weights(model: Path) -> None:
    path = model / "openvino" / "openvino_model_qint8_quantized.xml"
    whole = path.read_text(encoding="utf-8")
    for changed in (
        whole.replace('offset="0"', 'offset="999999999999"'),
        whole.replace('version="opset1"', 'version="extension"'),
    ):
        assert changed != whole
        path.write_text(changed, encoding="utf-8")
        with pytest.raises(NabraError, match="cannot be loaded"):
            load_runtime(model, "openvino")


MERGED = "data: &a {train: x}\n" + "".join(f"k{n}: &b{n} {{<<: [*a, *a]}}\n" for n in range(40))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("model: {class_path: evil.Evil}", "unknown key 'model.class_path'"),
        ("model: {class_path: evil.Evil, init_args: {a: 1}}", "unknown key 'model.class_path'"),
        ("class_path: evil.Evil", "unknown key 'class_path'"),
        ("model: evil.Evil", "model: expected keys, such as model.checkpoint"),
        ("model: other.yaml", "model: expected keys"),
        ("model:", "model: expected keys"),
        ("model: {encoder: {class_path: evil.Evil}}", "is nested too deeply|plain value"),
        ("model: {tones: [{class_path: evil.Evil}, b]}", "is nested too deeply"),
        ("model: {encoder: !!python/object/apply:os.system ['touch ran']}", "could not determine a constructor"),
        ("model: {encoder: !!python/name:evil.Evil }", "could not determine a constructor"),
        ("__import__: evil", "unknown key '__import__'"),
        ("config: other.yaml", "unknown key 'config'"),
        ("__path__: other.yaml", "unknown key '__path__'"),
        ("model: {$ref: other.yaml}", r"unknown key 'model.\$ref'"),
        ("model: {trust_remote_code: true}", "unknown key 'model.trust_remote_code'"),
        ("model.encoder: x", "unknown key 'model.encoder'"),
        ("model: {tones: &a [*a, b]}", "aliases"),
        (MERGED, "aliases"),
        ("model: " + "[" * 100_000, "is nested too deeply"),
        ("training: {epochs: 1" + "0" * 5000 + "}", "4300 digits"),
        ("optimizer: {learning_rate: .nan}", "must be greater than 0, got nan"),
    ],
)
def test_a_configuration_holds_plain_values_alone(
    content: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("evil.py").write_text(f"{CODE}\nclass Evil: ...\n", encoding="utf-8")
    Path("other.yaml").write_text("encoder: stolen", encoding="utf-8")
    Path("nabra.yaml").write_text(content, encoding="utf-8")
    for options, defaults in ((["--config", "nabra.yaml"], None), ([], Path("nabra.yaml"))):
        with pytest.raises(NabraError, match=rf"^nabra\.yaml: .*({message})"):
            parse(build_parser("nabra", ""), options, {}, defaults)
    assert not Path("ran").exists()


@pytest.mark.parametrize("value", ["${HOME}", "$HOME", "${oc.env:HOME}", "~/x", "%(HOME)s"])
def test_a_configuration_fills_nothing_in(value: str, tmp_path: Path) -> None:
    path = tmp_path / "nabra.yaml"
    path.write_text(f"model: {{encoder: '{value}'}}", encoding="utf-8")
    config, _ = parse(build_parser("nabra", ""), ["--config", str(path)], {})
    assert config.model.encoder == value


def test_a_section_is_no_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("evil.py").write_text(CODE, encoding="utf-8")
    for options in (["--model", "evil.Evil"], ["--model=evil.Evil"], ["--data", '{"class_path": "evil.Evil"}']):
        with pytest.raises(NabraError, match=r"name one of its keys, such as (model\.checkpoint|data\.train)"):
            parse(build_parser("nabra", ""), options, {})
    assert not Path("ran").exists()


@pytest.mark.parametrize("line", ['{"more": ' + "[" * 100_000, '{"more": 1' + "0" * 5000 + "}"])
def test_json_of_annotation_tools_has_bounds(line: str, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(line.replace("{", "[{", 1), encoding="utf-8")
    with pytest.raises(NabraError, match=r"in\.jsonl: broken JSON"):
        list(read_labelled(path, "label-studio"))
    path.write_text(f"# newdoc id = x\n# metadata = {line}\n# text = ا\n# tone = cautious\nا\tO\n", encoding="utf-8")
    with pytest.raises(NabraError, match=r"in\.jsonl:1: metadata: must be a JSON object"):
        list(read_labelled(path, "conll"))


ATTACKS = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\u2028alert(1)",
    '" onmouseover="alert(1)',
    "__proto__",
    "#id>*[x]",
)


def test_a_report_holds_no_markup_of_its_input(tmp_path: Path) -> None:
    articles = [
        Article(
            attack,
            (Sentence(f"نعم {attack}", attack, scores={attack: 1.0}),),
            {"title": attack, "source": attack, "topic": attack, "date": attack, "url": "javascript:alert(1)"},
        )
        for attack in ATTACKS
    ]
    write_report(articles, tmp_path / "report.html", title=" ".join(ATTACKS))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    start = page.index('id="data">') + len('id="data">')
    data = page[start : page.index("</script>", start)]
    assert not set("<>&\u2028\u2029") & set(data)
    assert [article["id"] for article in json.loads(data)["articles"]] == list(ATTACKS)
    without = page.replace(data, "")
    assert "javascript:" not in page
    assert "<script>alert" not in without
    assert '" onmouseover' not in without
    assert without.count("<script") == 2


@pytest.fixture
def budget() -> Iterator[None]:
    """Ten seconds of the processor; a quadratic pattern needs minutes for the strings below."""

    def stop(*_: object) -> None:
        raise AssertionError("this takes more than linear time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, 10)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def _resolve(text: str) -> object:
    sentences = [text[start:end] for start, end in split_sentences(text)][:1000]
    return resolve_speakers(sentences, [Attribution(Source.HERE, 0, min(len(s), 40), 0.5) for s in sentences])


UNITS = (
    *'"«»(). ١1\u064b\u0640aا<&@/-\n',
    "<a",
    "1ا",
    "a@",
    "a.",
    "1/",
    "&#0",
    "http://",
    "نعم. ",
    'قال " ',
    "الوزير سمير عوض ",
)
READERS: dict[str, Callable[[str], object]] = {
    "splitter": split_sentences,
    "resolver": _resolve,
    "mention": lambda text: clean_mention(text, 0, len(text)),
    "phrase": lambda text: read_phrase.__wrapped__(text),
    "titles": strip_titles,
    "words": lambda text: tokenize(text, quotes=True),
    "fold": fold,
    "trim": trim_mention,
    "arabertv01": arabert.normalizer("arabertv01").normalize_str,
    "arabertv02": arabert.normalizer("arabertv02").normalize_str,
    "where arabertv01 splits": arabert.pre_tokenizer("arabertv01").pre_tokenize_str,
    "where arabertv02 splits": arabert.pre_tokenizer("arabertv02").pre_tokenize_str,
}


@pytest.mark.usefixtures("budget")
@pytest.mark.skipif(not hasattr(signal, "SIGVTALRM"), reason="no such timer here")
@pytest.mark.parametrize("reader", READERS)
def test_long_strings_take_linear_time(reader: str) -> None:
    size = 100_000 if "arabert" in reader else 50_000
    for unit in UNITS:
        READERS[reader](unit * (size // len(unit)))
