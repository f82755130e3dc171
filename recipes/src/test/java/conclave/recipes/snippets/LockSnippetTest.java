package conclave.recipes.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.Held;
import conclave.recipes.Lock;
import conclave.recipes.MultiLock;
import conclave.recipes.ReadWriteLock;
import conclave.recipes.ReentrantLock;
import conclave.recipes.Semaphore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LockSnippetTest extends SnippetTest {
  private long written;

  private void write(long token) {
    written = token;
  }

  @Test
  void lock() throws Exception {
    // tag::lock
    Lock lock = new Lock(client, "/locks/billing");
    try (Held held = lock.lock()) {
      held.lost().thenAccept(why -> System.out.println("stop: " + why));
      write(held.token());
    }
    Optional<Held> perhaps = lock.tryLock(Duration.ofSeconds(1));
    perhaps.ifPresent(Held::close);
    // end::lock
    assertThat(written).isPositive();
    assertThat(perhaps).isPresent();
  }

  @Test
  void reentrant() throws Exception {
    // tag::reentrant-lock
    ReentrantLock lock = new ReentrantLock(client, "/locks/accounts");
    try (Held outer = lock.lock()) {
      try (Held inner = lock.lock()) { // the same thread
        write(inner.token());
      }
      write(outer.token());
    }
    // end::reentrant-lock
    assertThat(written).isPositive();
  }

  @Test
  void readWrite() throws Exception {
    // tag::read-write-lock
    ReadWriteLock lock = new ReadWriteLock(client, "/locks/catalogue");
    try (Held reading = lock.read().lock()) { // together with others who read
      System.out.println("reading, " + reading.certainFor() + " at least");
    }
    try (Held writing = lock.write().lock()) { // alone
      write(writing.token());
    }
    // end::read-write-lock
    assertThat(written).isPositive();
  }

  @Test
  void semaphore() throws Exception {
    // tag::semaphore
    Semaphore licences = new Semaphore(client, "/semaphores/licences", 5);
    try (Held lease = licences.lock()) {
      System.out.println("one of five: " + lease.token());
    }
    // end::semaphore
    assertThat(licences.tryLock(Duration.ofSeconds(5))).isPresent();
  }

  @Test
  void multi() throws Exception {
    Lock from = new Lock(client, "/locks/from");
    Lock to = new Lock(client, "/locks/to");
    // tag::multi-lock
    MultiLock both = new MultiLock(client, List.of(from, to));
    try (Held held = both.lock()) {
      write(held.token());
    }
    // end::multi-lock
    assertThat(written).isPositive();
  }
}
