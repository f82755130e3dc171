package conclave.compat;

import static conclave.compat.Jute.jute;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever strangers say on the election and quorum ports: the ensemble goes on under the same
 * leader, and a server that is restarted meanwhile joins at once.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("mixes")
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(EnsembleLogsOnFailure.class)
final class QuorumPortsTest implements EnsembleLogsOnFailure.Owner {
  private static final long GREETING_VERSION = -65536;
  private static final int FOLLOWER_INFO = 11;
  private static final int OBSERVER_INFO = 16;
  private static final int ACK_EPOCH = 18;
  private static final int SILENT = 300;

  private final List<Socket> opened = new ArrayList<>();

  @Parameter Mix mix;

  private Ensemble ensemble;

  static List<Mix> mixes() {
    return Mix.selected("CCC");
  }

  @BeforeParameterizedClassInvocation
  void startEnsemble(Mix runOn) {
    ensemble = Ensemble.start(runOn);
  }

  @AfterParameterizedClassInvocation
  void endEnsemble() {
    ensemble.close();
  }

  @AfterEach
  void closeConnections() throws IOException {
    for (Socket socket : opened) {
      socket.close();
    }
    opened.clear();
  }

  @Override
  public Iterable<Ensemble> ensembles() {
    return List.of(ensemble);
  }

  @Test
  void garbage() throws IOException {
    byte[] garbage = new byte[4096];
    new Random(1).nextBytes(garbage);
    garbage[0] &= 0x7f;
    undisturbed(
        () -> {
          for (InetSocketAddress address : ports()) {
            for (byte[] start :
                List.of(garbage, "GET / HTTP/1.1\r\n\r\n".getBytes(UTF_8), new byte[64])) {
              send(address, start);
            }
          }
        });
  }

  @Test
  void wrongVersionsOfGreetings() throws IOException {
    undisturbed(
        () -> {
          for (InetSocketAddress address : electionPorts()) {
            for (long version : new long[] {-65537, -1, Long.MIN_VALUE}) {
              assertClosed(send(address, greeting(version, 2, "127.0.0.1:1")));
            }
          }
        });
  }

  @Test
  void greetingsOfUnknownServers() throws IOException {
    undisturbed(
        () -> {
          for (InetSocketAddress address : electionPorts()) {
            for (long sid : new long[] {0, 4, 255, -5, Long.MIN_VALUE}) {
              Socket socket = send(address, greeting(GREETING_VERSION, sid, "127.0.0.1:1"));
              // A vote for itself with a history that nobody can beat.
              write(socket, notification(0, sid, 0x7fffffff00000000L, 100, 0x7ffffff0));
            }
          }
        });
  }

  @Test
  void greetingsInTheNameOfOthers() throws IOException {
    undisturbed(
        () -> {
          for (int sid : ensemble.sids()) {
            for (int other : ensemble.sids()) {
              Socket socket =
                  send(
                      ensemble.electionAddress(sid),
                      greeting(GREETING_VERSION, other, "127.0.0.1:1"));
              write(socket, notification(0, other, 0x7fffffff00000000L, 100, 0x7ffffff0));
              write(socket, notification(2, other, 0x7fffffff00000000L, 100, 0x7ffffff0));
            }
          }
        });
  }

  @Test
  void framesThatAreTooLong() throws IOException {
    undisturbed(
        () -> {
          for (InetSocketAddress address : electionPorts()) {
            send(address, jute().int64(GREETING_VERSION).int64(2).int32(Integer.MAX_VALUE).bytes());
            Socket socket = send(address, greeting(GREETING_VERSION, 2, "127.0.0.1:1"));
            write(socket, jute().int32(Integer.MAX_VALUE).raw(new byte[100]).bytes());
            Socket negative = send(address, greeting(GREETING_VERSION, 2, "127.0.0.1:1"));
            write(negative, jute().int32(-1).raw(new byte[100]).bytes());
          }
          for (int sid : ensemble.sids()) {
            send(
                ensemble.quorumAddress(sid),
                jute().int32(FOLLOWER_INFO).int64(0).int32(Integer.MAX_VALUE).bytes());
          }
        });
  }

  @Test
  void learnersThatAreNone() throws IOException {
    InetSocketAddress leader = ensemble.quorumAddress(ensemble.leader());
    undisturbed(
        () -> {
          for (int kind : new int[] {FOLLOWER_INFO, OBSERVER_INFO}) {
            for (long sid : new long[] {1, 2, 3, 4, 200, -1}) {
              for (long epoch : new long[] {0, 1, 0x7fffffff}) {
                Socket socket = send(leader, learnerInfo(kind, sid, epoch));
                // Ahead of everybody.
                write(
                    socket,
                    packet(
                        ACK_EPOCH, epoch << 32 | 0x7fffffffL, jute().int32((int) epoch).bytes()));
              }
            }
          }
          // Not what a conversation begins with.
          for (int type = -1; type < 25; type++) {
            if (type != FOLLOWER_INFO && type != OBSERVER_INFO) {
              send(leader, packet(type, 1L << 32, new byte[12]));
            }
          }
        });
  }

  /** Proposals, commits, votes: in the name of a follower that was made up. */
  @Test
  void acknowledgementsOfStrangers() throws IOException {
    InetSocketAddress leader = ensemble.quorumAddress(ensemble.leader());
    undisturbed(
        () -> {
          Socket socket = send(leader, learnerInfo(FOLLOWER_INFO, 77, 0));
          write(socket, packet(ACK_EPOCH, 0, jute().int32(0).bytes()));
          for (int i = 0; i < 1000; i++) {
            write(socket, packet(3, (1L << 32) + i, null));
            write(socket, packet(4, (1L << 32) + i, null));
            write(socket, packet(12, -1, null));
          }
        });
  }

  @Test
  void silentConnections() throws IOException {
    undisturbed(
        () -> {
          for (int i = 0; i < SILENT; i++) {
            for (int sid : ensemble.sids()) {
              if (silenceBlocksElections(sid)) {
                send(ensemble.quorumAddress(sid), new byte[0]);
              } else {
                send(ensemble.electionAddress(sid), new byte[i % 20]);
                send(ensemble.quorumAddress(sid), new byte[i % 5]);
              }
            }
          }
        });
  }

  /** Apache's listener reads each greeting before it accepts the next connection. */
  private boolean silenceBlocksElections(int sid) {
    return mix.kind(sid).isApache();
  }

  @Test
  void floodsOfConnectionsAndVotes() throws IOException {
    undisturbed(
        () -> {
          for (int i = 0; i < 200; i++) {
            for (int sid : ensemble.sids()) {
              Socket socket =
                  send(
                      ensemble.electionAddress(sid),
                      greeting(GREETING_VERSION, 50 + i, "127.0.0.1:1"));
              for (int j = 0; j < 10; j++) {
                write(socket, notification(0, 50 + i, Long.MAX_VALUE, j, Integer.MAX_VALUE));
              }
              socket.close();
            }
          }
        });
  }

  private interface Attack {
    void run() throws IOException;
  }

  /**
   * The attack's connections stay open while clients write through all servers and a follower is
   * killed and restarted, which has to find its way to the same leader.
   */
  private void undisturbed(Attack attack) throws IOException {
    int leader = ensemble.leader();
    int follower = ensemble.follower();
    Wire session = Wire.session(ensemble.server(leader));
    attack.run();
    assertThat(session.ok(Requests.create("/n", new byte[0], 2)).err()).isZero();
    writeThroughAll();
    ensemble.server(follower).kill();
    long started = System.nanoTime();
    ensemble.server(follower).launch();
    ensemble.server(follower).awaitServing();
    Duration took = Duration.ofNanos(System.nanoTime() - started);
    writeThroughAll();
    assertThat(ensemble.leader()).isEqualTo(leader);
    // The session and its connection have seen nothing of all this.
    session.ok(Requests.create("/n", new byte[0], 2));
    session.endSession();
    session.close();
    ensemble.awaitFollowers(2);
    assertThat(took).isLessThan(Duration.ofSeconds(30));
    EqualServers.check(ensemble);
  }

  private void writeThroughAll() throws IOException {
    for (int sid : ensemble.sids()) {
      try (Wire wire = ensemble.superUser(sid)) {
        wire.ok(Requests.create("/n", new byte[0], 2));
        wire.endSession();
      }
    }
  }

  private List<InetSocketAddress> electionPorts() {
    return ensemble.sids().stream().map(ensemble::electionAddress).toList();
  }

  private List<InetSocketAddress> ports() {
    List<InetSocketAddress> ports = new ArrayList<>(electionPorts());
    ensemble.sids().forEach(sid -> ports.add(ensemble.quorumAddress(sid)));
    return Collections.unmodifiableList(ports);
  }

  /** Opens a connection that stays open, if anybody listens there, and sends this. */
  private Socket send(InetSocketAddress address, byte[] bytes) throws IOException {
    Socket socket = new Socket();
    opened.add(socket);
    try {
      socket.connect(address, 5_000);
    } catch (IOException nobodyListens) {
      // The quorum port is open on a leader only.
      return socket;
    }
    write(socket, bytes);
    return socket;
  }

  /** The server may have closed already: it is free to. */
  private static void write(Socket socket, byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException closed) {
      return;
    }
  }

  private static void assertClosed(Socket socket) throws IOException {
    socket.setSoTimeout(10_000);
    try {
      assertThat(socket.getInputStream().read()).isNegative();
    } catch (SocketTimeoutException stillOpen) {
      throw new AssertionError("still open: " + socket, stillOpen);
    } catch (IOException reset) {
      return;
    }
  }

  private static byte[] greeting(long version, long sid, String address) {
    return jute().int64(version).int64(sid).string(address).bytes();
  }

  private static byte[] notification(
      int state, long leader, long zxid, long electionEpoch, long peerEpoch) {
    byte[] config = "version=7fffffffffffffff".getBytes(UTF_8);
    byte[] body =
        jute()
            .int32(state)
            .int64(leader)
            .int64(zxid)
            .int64(electionEpoch)
            .int64(peerEpoch)
            .int32(2)
            .buffer(config)
            .bytes();
    return jute().buffer(body).bytes();
  }

  private static byte[] learnerInfo(int type, long sid, long epoch) {
    return packet(type, epoch << 32, jute().int64(sid).int32(0x10000).int64(0).bytes());
  }

  /** Type, zxid, data, and no identities. */
  private static byte[] packet(int type, long zxid, byte[] data) {
    return jute().int32(type).int64(zxid).buffer(data).int32(-1).bytes();
  }
}
