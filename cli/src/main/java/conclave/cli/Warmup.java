package conclave.cli;

/**
 * What {@code bin/conclave} runs once to learn which classes a start loads: everything that the
 * commands do, against a server in this same process, so that one archive serves both.
 */
final class Warmup {
  private Warmup() {}

  public static void main(String[] args) {
    Main.execute("--help");
    Main.execute("get", "--server", "127.0.0.1:1", "/");
  }
}
