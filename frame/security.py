"""Headers, cookies and the checks that stand before every POST."""

from datetime import timedelta
from urllib.parse import unquote, urlsplit

from flask import Flask, Response, abort, request
from flask_wtf import CSRFProtect

from frame import uploads
from runtime.settings import Settings

csrf = CSRFProtect()
SAFE = {"GET", "HEAD", "OPTIONS"}


def install(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME=cookie_name("duewell_form", settings),
        SESSION_COOKIE_SECURE=is_https(settings),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # The token lives as long as the session that holds it.
        WTF_CSRF_SSL_STRICT=False,  # Sec-Fetch-Site and Origin are checked below, with or without a Referer.
    )
    uploads.install(app)
    csrf.init_app(app)
    app.before_request(refuse_foreign_posts)
    app.before_request(refuse_null_characters)
    policy = content_security_policy(settings)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
            response.vary.update(["HX-Request", "HX-Boosted"])
        if is_https(settings):
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return response


def is_https(settings: Settings) -> bool:
    return settings.url.startswith("https://")


def cookie_name(name: str, settings: Settings) -> str:
    """`__Host-` binds a cookie to this host and to https; on plain http a browser would refuse it."""
    return f"__Host-{name}" if is_https(settings) else name


def set_cookie(
    response: Response, name: str, value: str, settings: Settings, *, lives: timedelta | None = None
) -> None:
    response.set_cookie(
        cookie_name(name, settings),
        value,
        max_age=lives,
        secure=is_https(settings),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def content_security_policy(settings: Settings) -> str:
    """
    Nothing but our own files. `form-action` names Stripe's pages, or the browser would stop the redirect
    that follows the pay form.
    """
    leave_for = "https://checkout.stripe.com https://billing.stripe.com"
    if settings.stripe_api_base:
        leave_for = settings.stripe_api_base.rstrip("/")
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; form-action 'self' {leave_for}; frame-ancestors 'none'; base-uri 'none'"
    )


def refuse_foreign_posts() -> None:
    """A form of another site, even with a stolen token: browsers say where a request comes from."""
    if request.method in SAFE or request.endpoint in ("portal.stripe_webhook", "portal.unsubscribe_now"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            abort(403)
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)


def refuse_null_characters() -> None:
    """No keyboard types them and no text column takes them: whoever sends one looks for a hole."""
    if any("\0" in value for value in request.values.values()):
        abort(400)


def own_path(address: str | None) -> str | None:
    """An address on this site that may be redirected to, or None: '//evil', '/\\evil', '/a/../b' are not."""
    if not address or not address.startswith("/") or address.startswith("//") or "\\" in address:
        return None
    parts = urlsplit(address)
    climbs = ".." in unquote(parts.path).split("/")
    return None if climbs or parts.scheme or parts.netloc or any(ord(letter) < 32 for letter in address) else address


def forget_cookie(response: Response, name: str, settings: Settings) -> None:
    """With the same attributes as it was set: a browser ignores a `__Host-` cookie that comes without `Secure`."""
    response.delete_cookie(
        cookie_name(name, settings), path="/", secure=is_https(settings), httponly=True, samesite="Lax"
    )
