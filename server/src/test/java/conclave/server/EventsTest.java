package conclave.server;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.OpCode;
import conclave.protocol.Xid;
import conclave.server.config.ZooCfg;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Events reach all that wait for them, whole and in order, whatever else waits to leave on their
 * connections.
 */
class EventsTest {
  private static final int WATCHERS = 25;

  @TempDir Path dir;
  private ConclaveServer server;

  @BeforeEach
  void start() throws Exception {
    String text =
        "dataDir="
            + dir
            + "\nclientPort=0\nadmin.enableServer=false\nmaxClientCnxns=0\n"
            + "4lw.commands.whitelist=cons\n";
    server =
        ConclaveServer.start(
            ZooCfg.parse(text, Map.of()),
            (code, what, cause) -> {
              throw new AssertionError(what, cause);
            });
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private WireClient session() throws IOException {
    return WireClient.to(server.clientPort()).withSession();
  }

  private static void create(WireClient client, String path, int bytes) throws IOException {
    assertThat(
            client
                .request(
                    1,
                    OpCode.CREATE.code(),
                    writer -> {
                      writer.writeString(path);
                      writer.writeBuffer(new byte[bytes]);
                      Acl.writeList(writer, Acl.OPEN);
                      writer.writeInt(0);
                    })
                .error())
        .isZero();
  }

  private static void set(WireClient client, int xid, String path) throws IOException {
    client.send(
        xid,
        OpCode.SET_DATA.code(),
        writer -> {
          writer.writeString(path);
          writer.writeBuffer(new byte[10]);
          writer.writeInt(-1);
        });
  }

  private static void watch(WireClient client, String path) throws IOException {
    assertThat(
            client
                .request(
                    2,
                    OpCode.ADD_WATCH.code(),
                    writer -> {
                      writer.writeString(path);
                      writer.writeInt(0);
                    })
                .error())
        .isZero();
  }

  private static void askFor(WireClient client, int xid, String path) throws IOException {
    client.send(
        xid,
        OpCode.GET_DATA.code(),
        writer -> {
          writer.writeString(path);
          writer.writeBool(false);
        });
  }

  private static String pathOf(WireClient.Answer event) {
    assertThat(event.xid()).isEqualTo(Xid.NOTIFICATION);
    event.body().readInt();
    event.body().readInt();
    return event.body().readString();
  }

  /** Changes that were made together bring several events to every connection at once. */
  @Test
  void allWatchersHearOfAllInOrder() throws IOException {
    List<WireClient> watchers = new ArrayList<>();
    try (WireClient writer = session()) {
      List<String> paths = List.of("/a", "/b", "/with/a/longer/name");
      create(writer, "/with", 0);
      create(writer, "/with/a", 0);
      create(writer, "/with/a/longer", 0);
      for (String path : paths) {
        create(writer, path, 0);
      }
      for (int i = 0; i < WATCHERS; i++) {
        WireClient watcher = session();
        watchers.add(watcher);
        for (String path : paths) {
          watch(watcher, path);
        }
      }
      int rounds = 10;
      for (int xid = 1; xid <= rounds; xid++) {
        for (String path : paths) {
          set(writer, xid, path);
        }
      }
      for (WireClient watcher : watchers) {
        long last = 0;
        for (int round = 0; round < rounds; round++) {
          for (String path : paths) {
            WireClient.Answer event = watcher.next();
            assertThat(pathOf(event)).isEqualTo(path);
            assertThat(event.zxid()).isGreaterThan(last);
            last = event.zxid();
          }
        }
        askFor(watcher, 7, "/a");
        assertThat(watcher.next().xid()).isEqualTo(7);
      }
    } finally {
      for (WireClient watcher : watchers) {
        watcher.close();
      }
    }
  }

  /**
   * Events of changes that come one at a time leave at once: in their turn, and counted, when the
   * watchers ask for something between them and when one of the watchers is the writer.
   */
  @Test
  void eventsPassNoReplyAndNoReplyPassesThem() throws IOException {
    try (WireClient writer = session();
        WireClient other = session()) {
      create(writer, "/a", 0);
      watch(writer, "/a");
      watch(other, "/a");
      int rounds = 50;
      for (int round = 0; round < rounds; round++) {
        int xid = 10 + round;
        set(writer, xid, "/a");
        askFor(other, xid, "/a");
        WireClient.Answer event = writer.next();
        assertThat(pathOf(event)).isEqualTo("/a");
        WireClient.Answer reply = writer.next();
        assertThat(reply.xid()).isEqualTo(xid);
        assertThat(reply.zxid()).isEqualTo(event.zxid());
        WireClient.Answer first = other.next();
        WireClient.Answer second = other.next();
        boolean readWasFirst = first.xid() == xid;
        assertThat(pathOf(readWasFirst ? second : first)).isEqualTo("/a");
        WireClient.Answer read = readWasFirst ? first : second;
        if (readWasFirst) {
          // What it has seen is what was before the change.
          assertThat(read.zxid()).isLessThan(event.zxid());
        } else {
          assertThat(read.zxid()).isEqualTo(event.zxid());
        }
      }
      // The handshake, what the watch was set with, and a reply and an event for each round.
      assertThat(sent(other)).isEqualTo(2 + 2 * rounds);
    }
  }

  private long sent(WireClient client) throws IOException {
    String cons = WireClient.to(server.clientPort()).word("cons");
    return cons.lines()
        .filter(line -> line.contains("sid=0x" + Long.toHexString(client.sessionId())))
        .mapToLong(line -> Long.parseLong(line.replaceAll(".*sent=([0-9]+).*", "$1")))
        .sum();
  }

  /** What the socket does not take waits, and an event must neither pass it nor tear it. */
  @Test
  void anEventWaitsBehindWhatTheClientHasNotRead() throws IOException {
    int replies = 40;
    try (WireClient writer = session();
        WireClient another = session();
        WireClient watcher = session()) {
      create(writer, "/large", 500_000);
      create(writer, "/watched", 0);
      // Two of them, because an event for one alone takes another way.
      watch(another, "/watched");
      watch(watcher, "/watched");
      for (int i = 0; i < replies; i++) {
        askFor(watcher, 10 + i, "/large");
        if (i % 4 == 0) {
          set(writer, 1, "/watched");
          assertThat(writer.next().error()).isZero();
        }
      }
      int events = 0;
      int next = 10;
      while (next < 10 + replies || events < replies / 4) {
        WireClient.Answer answer = watcher.next();
        if (answer.xid() == Xid.NOTIFICATION) {
          assertThat(pathOf(answer)).isEqualTo("/watched");
          events++;
        } else {
          assertThat(answer.xid()).isEqualTo(next);
          assertThat(answer.body().readBuffer()).hasSize(500_000);
          next++;
        }
      }
      assertThat(events).isEqualTo(replies / 4);
    }
  }

  /** One that hangs up while it is being told is nobody else's trouble. */
  @Test
  void watchersMayGoAtAnyTime() throws IOException {
    try (WireClient writer = session();
        WireClient stays = session()) {
      create(writer, "/a", 0);
      watch(stays, "/a");
      for (int round = 0; round < 20; round++) {
        WireClient goes = session();
        watch(goes, "/a");
        set(writer, 1, "/a");
        goes.close();
        set(writer, 2, "/a");
        assertThat(pathOf(stays.next())).isEqualTo("/a");
        assertThat(pathOf(stays.next())).isEqualTo("/a");
        assertThat(writer.next().error()).isZero();
        assertThat(writer.next().error()).isZero();
      }
    }
  }
}
