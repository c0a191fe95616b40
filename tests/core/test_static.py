"""Static files as production has them."""

from pathlib import Path
from typing import Any

from django.core.management import call_command

from apps.core.static import HashedStorage

SCRIPTS = ("js/list.js", "js/ui.js", "js/words.js")


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


def test_every_file_that_is_installed_can_be_collected(tmp_path: Path, settings: Any) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "apps.core.static.HashedStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    assert list(tmp_path.glob("css/app.*.css.gz"))
    assert list(tmp_path.glob("django_htmx/htmx-2.min.*.js"))
