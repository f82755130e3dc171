package conclave.compat;

/** A request's type and body; the label is for people. */
record Request(int type, byte[] body, String label) {
  @Override
  public String toString() {
    return label;
  }
}
