"""Every setting of logs, metrics and traces. All services read the same."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from parley.configuration import Settings


def _off_is_none(value: object) -> object:
    return None if value == "off" else value


_Port = Annotated[int, Field(ge=0, le=65_535)]


class LogSettings(Settings):
    """What is written on standard error."""

    log_format: Literal["auto", "json", "console"] = "auto"
    """`json` is one object a line, `console` is for people. `auto` is json for a service that runs alone and does not
    write to a terminal, and console otherwise."""

    log_level: Literal["debug", "info", "warning", "error"] | None = None
    """The least level of our own lines. Unset it is `info` where json is written, with one line a request, and
    `warning` on a console. Libraries always write from `warning` on: what they tell below may hold what they carry."""

    @field_validator("log_format", "log_level", mode="before")
    @classmethod
    def _ignore_case(cls, value: object) -> object:
        return value.lower() or None if isinstance(value, str) else value


class TelemetrySettings(LogSettings):
    """Where numbers are served and spans are sent, besides."""

    metrics_port: Annotated[_Port | None, BeforeValidator(_off_is_none)] = None
    """TCP port of `/metrics`, on PARLEY_HOST; 0 takes any free one, `off` none. A port of its own, so that nothing in
    front of the service can publish it by mistake. Unset it is off in the one process, and 9090 in a service alone."""

    otel_exporter_otlp_endpoint: str = ""
    """Base URL of an OpenTelemetry collector that speaks OTLP over HTTP, as in http://collector:4318. Empty: nothing is
    traced. The other variables of OpenTelemetry's specification hold too."""

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("it must be a URL like http://collector:4318")
        return url
