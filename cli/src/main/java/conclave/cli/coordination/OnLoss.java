package conclave.cli.coordination;

/** What becomes of the command when the session is about to be lost; the names are options. */
enum OnLoss {
  /** SIGTERM, and SIGKILL before the session can have expired. */
  kill,
  /** SIGTERM only. */
  term,
  /** Nothing. */
  ignore
}
