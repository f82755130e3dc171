/**
 * What applications build on znodes, ready to use: one small class for each recipe, on a {@link
 * conclave.client.ConclaveClient}. Every class says what it guarantees when its session is lost.
 *
 * <p>The doors, each a public class; what is not public serves several of them:
 *
 * <ul>
 *   <li>one at a time: {@link Lock}, {@link ReentrantLock}, {@link ReadWriteLock}, {@link
 *       Semaphore}, {@link MultiLock}, all of which hand out a {@link Held} with a fencing token;
 *       they stand on {@code Entering} and {@code Place}, one's place in a queue of contenders;
 *   <li>one for all: {@link LeaderLatch}, {@link LeaderSelector};
 *   <li>together: {@link Barrier}, {@link DoubleBarrier}, {@link TwoPhaseCommit};
 *   <li>queues: {@link Queue}, {@link PriorityQueue}, {@link DelayQueue}, {@link ReliableQueue},
 *       {@link GatheringQueue};
 *   <li>shared values: {@link Counter}, {@link AtomicValue}, {@link UniqueIds}, {@link
 *       Configuration};
 *   <li>who is there: {@link Group}, {@link NamingService}, {@link ServiceDiscovery}, {@link
 *       LivenessMonitor};
 *   <li>who does what: {@link PublishSubscribe}, {@link PartitionGroup}, {@link TaskDistribution}.
 * </ul>
 */
@NullMarked
package conclave.recipes;

import org.jspecify.annotations.NullMarked;
