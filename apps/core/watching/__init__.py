"""Telling others how we do: errors to Sentry, spans to OpenTelemetry; each only where a setting asks for it."""
