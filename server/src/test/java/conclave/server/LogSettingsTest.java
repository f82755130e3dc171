package conclave.server;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.OpCode;
import conclave.server.config.ZooCfg;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The settings of the transaction log, seen from outside. */
@Timeout(300)
class LogSettingsTest {

  @TempDir Path dir;

  private ConclaveServer start(String settings) throws Exception {
    return ConclaveServer.start(
        ZooCfg.parse(
            "dataDir=" + dir + "\nclientPort=0\nadmin.enableServer=false\n" + settings, Map.of()),
        (code, what, cause) -> {
          throw new AssertionError(what, cause);
        });
  }

  private static void createTen(ConclaveServer server) throws IOException {
    try (WireClient client = WireClient.to(server.clientPort()).withSession()) {
      for (int i = 0; i < 10; i++) {
        String path = "/n" + i;
        int error =
            client
                .request(
                    i + 1,
                    OpCode.CREATE.code(),
                    writer -> {
                      writer.writeString(path);
                      writer.writeBuffer(new byte[600]);
                      Acl.writeList(writer, Acl.OPEN);
                      writer.writeInt(0);
                    })
                .error();
        assertThat(error).isZero();
      }
    }
  }

  private long logFiles() throws IOException {
    try (Stream<Path> files = Files.list(dir.resolve("version-2"))) {
      return files.filter(file -> file.getFileName().toString().startsWith("log.")).count();
    }
  }

  @Test
  void logIsOneFileWithoutALimit() throws Exception {
    try (ConclaveServer server = start("")) {
      createTen(server);
    }
    assertThat(logFiles()).isEqualTo(1);
  }

  @Test
  void logFilesAreCutAtTheLimit() throws Exception {
    try (ConclaveServer server = start("txnLogSizeLimitInKb=1\n")) {
      createTen(server);
    }
    assertThat(logFiles()).isBetween(4L, 8L);
    try (ConclaveServer server = start("txnLogSizeLimitInKb=1\n");
        WireClient client = WireClient.to(server.clientPort()).withSession()) {
      assertThat(
              client
                  .request(
                      1,
                      OpCode.EXISTS.code(),
                      writer -> {
                        writer.writeString("/n9");
                        writer.writeBool(false);
                      })
                  .error())
          .isZero();
    }
  }

  @Test
  void batchesWithoutALimitAreWritten() throws Exception {
    try (ConclaveServer server = start("maxBatchSize=0\n")) {
      createTen(server);
    }
  }

  @Test
  void delayedBatchesAreWritten() throws Exception {
    try (ConclaveServer server = start("flushDelay=6\nmaxBatchSize=2\n")) {
      createTen(server);
    }
  }

  @Test
  void unsyncedLogIsWritten() throws Exception {
    try (ConclaveServer server = start("forceSync=no\nfsync.warningthresholdms=0\n")) {
      createTen(server);
    }
    try (ConclaveServer server = start("forceSync=no\n")) {
      assertThat(server.clientPort()).isPositive();
    }
  }
}
