"""Scripts in pages that Chromium opens, and axe-core, which looks for barriers to readers."""

import html
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

needs_browser = pytest.mark.skipif(
    not shutil.which("chromium") and not os.environ.get("CHROMIUM_REQUIRED"), reason="there is no Chromium here"
)
_AXE = importlib.util.find_spec("axe_playwright_python")
needs_axe = pytest.mark.skipif(
    _AXE is None, reason="there is no axe-core here (pip install --no-deps axe-playwright-python==0.1.8)"
)
_SCRIPT = """
<script>
  const until = async test => { while (!test()) await new Promise(resolve => setTimeout(resolve, 20)); };
  (async () => { %s })().catch(error => ({error: error.stack}))
    .then(result => parent.postMessage(JSON.stringify(result), "*"));
</script>"""
# The browser's own window is 500 pixels wide at least.
_FRAME = """<!doctype html>
<body style="margin: 0">
<iframe src="page.html" width="{width}" height="2000" frameborder="0"></iframe>
<script>
  addEventListener("message", event => {{
    const element = document.createElement("pre");
    element.id = "found";
    element.textContent = event.data;
    document.body.append(element);
  }});
</script></body>"""


def axe_script() -> str:
    """Source of axe-core. The package is not imported, as it would need Playwright."""
    return (Path(_AXE.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


def run_in_page(page: str, script: str, folder: Path, width: int = 1200) -> Any:
    """Open a page in Chromium, and get what the body of an asynchronous function returns there.

    The function can wait for what `until` is called with. The page has no network.
    """
    (folder / "page.html").write_text(page.replace("</body>", f"{_SCRIPT % script}</body>"), encoding="utf-8")
    (folder / "frame.html").write_text(_FRAME.format(width=width))
    document = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/browser",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars", "--window-size=1400,2000",
         "--virtual-time-budget=20000", "--dump-dom", folder / "frame.html"],
        capture_output=True, text=True, timeout=300,
    ).stdout  # fmt: skip
    answer = re.search(r'<pre id="found">(.*?)</pre>', document, re.S)
    assert answer, document[-2000:]
    result = json.loads(html.unescape(answer[1]))
    assert not isinstance(result, dict) or "error" not in result, result["error"]
    return result
