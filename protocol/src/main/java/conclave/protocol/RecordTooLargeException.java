package conclave.protocol;

/** What was to be written does not fit in what its writer may take. */
public final class RecordTooLargeException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  RecordTooLargeException(long needed, int limit) {
    super("record too large: needed=" + needed + " limit=" + limit);
  }
}
