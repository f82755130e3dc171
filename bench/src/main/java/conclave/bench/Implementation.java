package conclave.bench;

/** The two servers that are compared. */
enum Implementation {
  APACHE("Apache"),
  CONCLAVE("Conclave");

  private final String title;

  Implementation(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }
}
