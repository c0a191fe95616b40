"""Static files as production has them."""

from pathlib import Path

from apps.core.static import HashedStorage

SCRIPTS = ("js/list.js", "js/ui.js")


def test_a_script_imports_others_by_the_names_that_say_what_is_in_them(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    for name in SCRIPTS:
        source = Path(__file__).resolve().parents[2] / "static" / name
        (tmp_path / name).write_text(source.read_text())
    storage = HashedStorage(location=str(tmp_path), base_url="/static/")
    assert list(storage.post_process({name: (storage, name) for name in SCRIPTS}))
    ui = Path(storage.stored_name("js/ui.js")).name
    assert ui != "ui.js"
    assert f'"./{ui}"' in (tmp_path / storage.stored_name("js/list.js")).read_text()
