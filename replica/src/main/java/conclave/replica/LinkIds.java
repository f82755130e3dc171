package conclave.replica;

/** Names for the links that this member opens; those that it accepts have positive ones. */
final class LinkIds {
  private long last;

  long next() {
    return --last;
  }
}
