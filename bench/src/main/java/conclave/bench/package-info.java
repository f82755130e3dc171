/**
 * Side-by-side measurements of Conclave and Apache ZooKeeper, and the micro-benchmarks of the inner
 * loops. The front door is {@link conclave.bench.Main}; the list of what is measured, with the
 * targets, is {@link conclave.bench.Metric}; one scenario is one small class.
 *
 * <p>Both servers run as processes of their own, one at a time, with the same configuration file,
 * the same JVM and the same heap limit. The load comes from one thread of this process, over raw
 * sockets, so that on two cores one is left to the server.
 */
@NullMarked
package conclave.bench;

import org.jspecify.annotations.NullMarked;
