/**
 * The replicated state machine: what a replica holds and the rules by which it changes. Pure: no
 * threads, clocks, sockets, files or logs; time and zxid are arguments.
 *
 * <p>The front door is {@link conclave.state.StateMachine}: {@code prepare(request) → transaction}
 * decides, {@code apply(transaction) → outcome, events} changes, {@code read} answers. Beside it
 * are {@link conclave.state.WatchTable} (who watches what, one for each event loop), {@link
 * conclave.state.SessionExpiry} (who was silent for too long) and {@link conclave.state.AclRules}.
 *
 * <h2>Who may call what</h2>
 *
 * <p>The locks are the owner's. One thread, the writer, calls {@code prepare}, without a lock, and
 * {@code apply}, {@code beginSnapshot}, {@code attach} and {@code recountQuotas} under the
 * exclusive lock; {@code collectable} without one.
 *
 * <p>{@code read} may be called by any thread under the shared lock, or under an optimistic stamp:
 * then it may meet a tree in the middle of a change, and write nonsense or throw a
 * RuntimeException, but it comes to an end, allocates no more than the tree's true size warrants,
 * and changes nothing. The caller throws away what was written when the stamp turns out to be
 * stale. Everything else is read under the shared lock; {@code lastAppliedZxid} needs none.
 *
 * <p>A {@code WatchTable} is changed by its own event loop under the shared lock, and fired by
 * {@code apply}. A {@code SnapshotImage} is read by one thread under the shared lock.
 */
@NullMarked
package conclave.state;

import org.jspecify.annotations.NullMarked;
