package conclave.testkit;

/**
 * For what holds on a machine that goes on. One that stands still for a second at the wrong moment
 * spoils it, though not three times in a row.
 */
final class ThreeTries {
  private ThreeTries() {}

  /** It can be told again. */
  @FunctionalInterface
  interface Story {
    void tell() throws Exception;
  }

  static void of(Story story) throws Exception {
    for (int left = 2; true; left--) {
      try {
        story.tell();
        return;
      } catch (Exception | AssertionError e) {
        if (left == 0) {
          throw e;
        }
      }
    }
  }
}
