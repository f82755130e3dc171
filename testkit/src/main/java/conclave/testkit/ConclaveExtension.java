package conclave.testkit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One server for all tests of a class: a static field with {@code @RegisterExtension}. */
public final class ConclaveExtension implements BeforeAllCallback, AfterAllCallback {
  private final String[] settings;
  private @Nullable TestServer server;

  /**
   * @param settings lines of a zoo.cfg
   */
  public ConclaveExtension(String... settings) {
    this.settings = settings.clone();
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    server = TestServer.start(settings);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    TestServer running = server;
    server = null;
    if (running != null) {
      running.close();
    }
  }

  /** {@code host:port}, as clients want it. */
  public String connectString() {
    return server().connectString();
  }

  public TestServer server() {
    TestServer running = server;
    if (running == null) {
      throw new IllegalStateException("not before the class's tests begin");
    }
    return running;
  }
}
