/**
 * Tests that hold a server, started as a real process, against what Apache ZooKeeper 3.9.5 does.
 *
 * <p>Every test runs first on Apache's server, the oracle, and then, unchanged, on Conclave; the
 * system property {@code conclave.compat.target} ({@code apache}, {@code conclave}, {@code both})
 * selects. {@link conclave.compat.AgainstServer} marks such a class, {@link
 * conclave.compat.ServerProcess} is the server, {@link conclave.compat.Wire} a raw connection to
 * it.
 *
 * <p>{@link conclave.compat.Ensemble} is several of them that find each other, of kinds that a
 * {@link conclave.compat.Mix} names by letters. Mixes that take longer than a build should are
 * tagged {@code slow}: {@code -Dexcluded.tests=} runs them too.
 */
@org.jspecify.annotations.NullMarked
package conclave.compat;
