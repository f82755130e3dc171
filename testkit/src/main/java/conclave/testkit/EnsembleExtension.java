package conclave.testkit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One ensemble for all tests of a class: a static field with {@code @RegisterExtension}. */
public final class EnsembleExtension implements BeforeAllCallback, AfterAllCallback {
  private final int participants;
  private final String[] settings;
  private @Nullable TestEnsemble ensemble;

  /**
   * @param settings lines of a zoo.cfg
   */
  public EnsembleExtension(int participants, String... settings) {
    this.participants = participants;
    this.settings = settings.clone();
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    ensemble = TestEnsemble.start(participants, settings);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    TestEnsemble running = ensemble;
    ensemble = null;
    if (running != null) {
      running.close();
    }
  }

  /** Every member's {@code host:port}, as clients want it. */
  public String connectString() {
    return ensemble().connectString();
  }

  public TestEnsemble ensemble() {
    TestEnsemble running = ensemble;
    if (running == null) {
      throw new IllegalStateException("not before the class's tests begin");
    }
    return running;
  }
}
