"""`/` lists the mails (`?to=` those to an address), `/<mail>/` shows one as it reads, with what is attached."""

from html import escape
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.mailbox.letters import Letter, letters

STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
a { color: LinkText; } h1 { font-size: 1.4rem; } .muted { opacity: .7; }
li { padding: .5rem 0; border-bottom: 1px solid color-mix(in srgb, CanvasText 15%, transparent); }
ul { list-style: none; padding: 0; } pre { white-space: pre-wrap; } .sent { float: right; }
iframe { width: 100%; height: 36rem; border: 1px solid color-mix(in srgb, CanvasText 20%, transparent); }
"""
MAY = "allow-popups allow-popups-to-escape-sandbox"  # links open beside it; scripts do not run
OUTSIDE = '<base target="_blank">'


def page(title: str, body: str) -> HTMLResponse:
    """Return a whole page."""
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    wide = '<meta name="viewport" content="width=device-width">'
    return HTMLResponse(f"{head}{wide}<style>{STYLE}</style><body>{body}</body></html>")


def listed(letter: Letter) -> str:
    """Return a mail's line in the list."""
    subject, to = escape(str(letter.message["Subject"])), escape(str(letter.message["To"]))
    when = f'<span class="muted sent">{letter.sent}</span>'
    return f'<li>{when}<a href="/{letter.key}/">{subject}</a><br><span class="muted">to {to}</span></li>'


def shown(letter: Letter) -> str:
    """Return a mail as it reads: as HTML in a frame that runs nothing, and as text."""
    files = "".join(
        f'<li><a href="/{letter.key}/{number}/">{escape(part.get_filename() or "file")}</a></li>'
        for number, part in enumerate(letter.files())
    )
    html = letter.body("html")
    frame = f'<iframe sandbox="{MAY}" title="The mail" srcdoc="{escape(OUTSIDE + html)}"></iframe>' if html else ""
    text = f"<details{'' if html else ' open'}><summary>As text</summary><pre>{escape(letter.body('plain'))}</pre>"
    head = f"<h1>{escape(str(letter.message['Subject']))}</h1>"
    about = f'<p class="muted">to {escape(str(letter.message["To"]))}, {letter.sent}</p>'
    return f'<p><a href="/">All mails</a></p>{head}{about}<ul>{files}</ul>{frame}{text}</details>'


def application(data: Path) -> Starlette:
    """Return the mailbox of everybody whose mails are in the folder `data`."""

    def letter_of(request: Request) -> Letter:
        found = [one for one in letters(data) if one.key == request.path_params["key"]]
        if not found:
            raise HTTPException(404, "There is no such mail.")
        return found[0]

    async def box(request: Request) -> Response:
        to = request.query_params.get("to", "")
        found = [one for one in letters(data) if to.lower() in str(one.message["To"]).lower()]
        lines = "".join(map(listed, found)) or "<li>No mail yet. Look again in a moment.</li>"
        return page("Mails of the sandbox", f"<h1>Mails of the sandbox</h1><ul>{lines}</ul>")

    async def one(request: Request) -> Response:
        letter = letter_of(request)
        return page(str(letter.message["Subject"]), shown(letter))

    async def file(request: Request) -> Response:
        files, number = letter_of(request).files(), request.path_params["number"]
        if number >= len(files):
            raise HTTPException(404, "Nothing else is attached.")
        content = files[number].get_payload(decode=True)
        name = (files[number].get_filename() or "file").replace('"', "")
        headers = {"Content-Disposition": f'inline; filename="{name}"'}
        body = content if isinstance(content, bytes) else b""
        return Response(body, media_type=files[number].get_content_type(), headers=headers)

    routes = [("/", box), ("/{key}/", one), ("/{key}/{number:int}/", file)]
    return Starlette(routes=[Route(path, found) for path, found in routes])
