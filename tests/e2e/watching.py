"""What a page may never do, whatever a test does with it."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

# Browsers forget violations that nobody listens for.
KEEP_VIOLATIONS = """
addEventListener('securitypolicyviolation', (event) => {
  console.error(`Content Security Policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


class Watch:
    """Watches all pages and workers of a context.

    Args:
        origin: The one origin that they may ask.
    """

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self._origin = origin
        self.asked: list[str] = []
        self.said: list[str] = []
        self.errors: list[str] = []
        context.add_init_script(KEEP_VIOLATIONS)
        context.on("request", self._hear_request)
        context.on("console", self._hear_console)
        context.on("weberror", self._hear_error)

    def _hear_request(self, request: Request) -> None:
        self.asked.append(request.url)

    def _hear_console(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)

    def _hear_error(self, error: WebError) -> None:
        self.errors.append(str(error.error))

    def wrongs(self) -> list[str]:
        """Requests to elsewhere, errors, and what the content security policy had to stop."""
        own = (self._origin, "data:", f"blob:{self._origin}")
        elsewhere = [url for url in self.asked if not url.startswith(own)]
        violations = [text for text in self.said if "Content Security Policy" in text]
        return elsewhere + self.errors + violations
