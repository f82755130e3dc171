package conclave.server.http;

/** What becomes of a request that has a body: it is refused at once, or the body is taken. */
sealed interface Reception permits Page, Upload {}
