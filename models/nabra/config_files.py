"""Builds command-line parsers over `Config`, and reads and writes configuration files."""

from __future__ import annotations

import dataclasses
import difflib
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import ArgumentParser, Namespace

from nabra.config import Config, find_recipe, recipes
from nabra.errors import NabraError
from nabra.logs import show_messages

SECTIONS = {section.name for section in dataclasses.fields(Config)}
KEYS = [f"{name}.{key.name}" for name in vars(Config()) for key in dataclasses.fields(getattr(Config(), name))]
DEEPEST = 3
"""How deep a configuration file nests: sections, keys, lists."""
_UNKNOWN_KEY = re.compile(r"Group '(?P<group>[\w.]+)' does not accept option '(?P<key>[\w.]+)'")
_MISFIT = re.compile(
    r'Parser key "(?P<key>[\w.]+)"(?: element \d+)?: (?P<expected>.*?) (?:Got value|Given value type): ?(?P<value>.*)'
)
_CHOICES = re.compile(r"Literal\[([^]]*)\]")
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text (in a file: between quotation marks)",
    "list": "a list, such as [a, b]",
}
_UNKNOWN_OPTION = re.compile(r"unrecognized arguments: --(?P<option>[\w.]+)")


def dump_config(config: Config) -> str:
    """The configuration as YAML."""
    return yaml.safe_dump(dataclasses.asdict(config), sort_keys=False, allow_unicode=True)


def build_parser(program: str, description: str) -> ArgumentParser:
    """A parser that takes `--config` and every key of `Config` as `--section.key`."""
    parser = build_plain_parser(program, description)
    parser.add_argument("--config", action="config", help=f"a YAML file, or a shipped recipe: {', '.join(recipes())}")
    parser.add_class_arguments(Config)
    return parser


def parse(
    parser: ArgumentParser,
    arguments: Sequence[str],
    aliases: Mapping[str, str] | None = None,
    defaults: Path | None = None,
) -> tuple[Config, Namespace]:
    """Parse a command line: files first, in their order, then what the command line says.

    Args:
        parser: From `build_parser`, with the command's own arguments added.
        arguments: The command line after the command's name.
        aliases: Short options and the keys they stand for, such as `--model` for `--model.checkpoint`.
        defaults: A configuration file that stands behind the recipe and the command line.

    Returns:
        The configuration and the command's own arguments.

    Raises:
        NabraError: Naming the file or option, the key, and the nearest key that exists.
    """
    expanded = _expand(arguments, aliases or {})
    if defaults is not None:
        read_config(defaults)
        parser.default_config_files = [str(defaults)]
    for option, value in itertools.pairwise(expanded):
        if option == "--config":
            read_config(Path(value))
        if option.removeprefix("--") in SECTIONS and option.startswith("--"):
            raise NabraError(f"{option}: name one of its keys, such as {_first_key(option[2:])}")
    parsed = parse_arguments(parser, expanded)
    return Config(**{section: parsed.pop(section) for section in SECTIONS}), parsed


def build_plain_parser(program: str, description: str | None) -> ArgumentParser:
    """A parser for a command that needs no configuration, to be read by `parse_arguments`."""
    parser = ArgumentParser(prog=program, description=description, exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors; no progress bar")
    parser.add_argument("--verbose", action="store_true", help="say what runs, and how fast")
    return parser


def parse_arguments(parser: ArgumentParser, arguments: Sequence[str]) -> Namespace:
    """Parse a command line, and show messages as it wants; a fault is a `NabraError` of one line."""
    for before, argument in itertools.pairwise(["", *arguments]):
        if not argument and not before.startswith("--"):
            raise NabraError("an argument is empty, perhaps from a variable that is not set; name a file or folder")
    try:
        parsed: Namespace = parser.instantiate(parser.parse_args(list(arguments)))
        quiet, verbose = parsed.pop("quiet"), parsed.pop("verbose")
        if quiet and verbose:
            raise ValueError("--quiet and --verbose: choose one")
        show_messages(quiet=quiet, verbose=verbose)
        return parsed
    except (Exception, SystemExit) as error:
        if isinstance(error, SystemExit) and not error.code:
            raise  # --help
        raise NabraError(_explain(error, parser)) from error


def _expand(arguments: Sequence[str], aliases: Mapping[str, str]) -> list[str]:
    """Split `--key=value`, write aliases out, and replace recipe names by their files."""
    expanded: list[str] = []
    for argument in arguments:
        option, equals, value = argument.partition("=")
        if argument.startswith("--") and equals:
            expanded += [aliases.get(option, option), value]
        else:
            expanded.append(aliases.get(argument, argument))
    for place, option in enumerate(expanded[:-1]):
        if option == "--config":
            expanded[place + 1] = str(find_recipe(expanded[place + 1]))
    return expanded


def read_config(path: Path) -> Config:
    """The configuration in a file, with defaults for what it leaves out; `NabraError` naming file and key."""
    parser = build_parser("", "")
    try:
        parsed = parser.instantiate(parser.parse_object(_sections(path.read_text(encoding="utf-8"))))
        return Config(**{section: parsed[section] for section in SECTIONS})
    except (Exception, SystemExit) as error:
        raise NabraError(f"{path}: {_explain(error, parser)}") from error


def _sections(text: str) -> dict[str, dict[str, Any]]:
    """Parse a configuration file, which holds known sections of known keys with plain values, and nothing else.

    jsonargparse takes more where it expects a section: it imports what a `class_path` names, and reads the file that a
    string names. Aliases can make a short file a huge one.
    """
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("aliases (*name) are not read; write the value out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError("is nested too deeply; a section holds keys with plain values or lists of them")
    _refuse_repeated(yaml.compose(text, yaml.SafeLoader))
    sections = yaml.safe_load(text)
    if not isinstance(sections, dict):
        raise ValueError("expected sections with keys, such as 'model: {encoder: compact}'")
    for section, values in sections.items():
        if section not in SECTIONS:
            raise ValueError(_unknown(str(section), SECTIONS))
        if not isinstance(values, dict):
            raise ValueError(f"{section}: expected keys, such as {_first_key(section)}")
        for key, value in values.items():
            if f"{section}.{key}" not in KEYS:
                raise ValueError(_unknown(f"{section}.{key}", KEYS))
            if isinstance(value, dict):
                raise ValueError(f"{section}.{key}: expected a plain value or a list of them")
            if value is None and getattr(getattr(Config(), section), key) is not None:
                raise ValueError(f"{section}.{key}: has no value; write one, or leave the key out")
    return sections


def _refuse_repeated(node: yaml.Node | None) -> None:
    """PyYAML takes the last of several values of a key; the author may have meant another."""
    if isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ValueError(f"line {key.start_mark.line + 1}: a key must be a word")
            if key.value in names:
                raise ValueError(f"{key.value}: is given twice, again in line {key.start_mark.line + 1}; keep one")
            names.add(key.value)
            _refuse_repeated(value)


def _first_key(section: str) -> str:
    return next(key for key in KEYS if key.startswith(f"{section}."))


def _explain(error: BaseException, parser: ArgumentParser) -> str:
    """One line for what jsonargparse or PyYAML found, with the nearest key that exists."""
    if isinstance(error, UnicodeDecodeError):
        return f"is not UTF-8 ({error}); save it as UTF-8"
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror})"
    message = " ".join(str(error).replace('"<unicode string>", ', "").split())
    if found := _MISFIT.search(message):
        value = found["value"].rpartition(" Given value: ")[2]
        return f"{found['key']}: expected {_expected(found['expected'])}, got {value or 'nothing'}"
    if found := _UNKNOWN_KEY.search(message):
        return _unknown(f"{found['group']}.{found['key']}", parser.get_defaults().keys())
    if found := _UNKNOWN_OPTION.search(message):
        return _unknown(found["option"], parser.get_defaults().keys())
    return message


def _expected(kinds: str) -> str:
    """What a key takes, from the types that jsonargparse names."""
    if choices := list(dict.fromkeys(re.findall(r"'([^']+)'", " ".join(_CHOICES.findall(kinds))))):
        return f"one of {', '.join(choices)}"
    return next((kind for name, kind in _KINDS.items() if f"<class '{name}'>" in kinds), kinds)


def _unknown(key: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(key, list(known), n=1)
    return f"unknown key {key!r}" + (f"; did you mean {close[0]!r}?" if close else "; see --help for the keys")
