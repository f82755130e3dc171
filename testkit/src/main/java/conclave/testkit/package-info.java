/**
 * A server in a test, in one line: {@link conclave.testkit.TestServer}, or as a JUnit extension
 * {@link conclave.testkit.ConclaveExtension}. A whole ensemble likewise: {@link
 * conclave.testkit.TestEnsemble} and {@link conclave.testkit.EnsembleExtension}.
 *
 * <pre>{@code
 * @RegisterExtension static final ConclaveExtension conclave = new ConclaveExtension();
 *
 * @Test
 * void remembers() throws Exception {
 *   try (ZooKeeper client = new ZooKeeper(conclave.connectString(), 10_000, null)) { ... }
 * }
 * }</pre>
 */
@NullMarked
package conclave.testkit;

import org.jspecify.annotations.NullMarked;
