package conclave.compat;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** Shows what the servers of an ensemble printed when a test failed, before they are gone. */
final class EnsembleLogsOnFailure implements TestExecutionExceptionHandler {

  /** A test that has ensembles. */
  interface Owner {
    Iterable<Ensemble> ensembles();
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    System.err.println(context.getDisplayName() + " failed: " + failure);
    context
        .getTestInstance()
        .filter(Owner.class::isInstance)
        .map(Owner.class::cast)
        .ifPresent(owner -> owner.ensembles().forEach(one -> System.err.println(one.logs())));
    throw failure;
  }
}
