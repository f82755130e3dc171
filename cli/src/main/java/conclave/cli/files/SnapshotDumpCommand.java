package conclave.cli.files;

import conclave.cli.common.AclText;
import conclave.cli.common.DataText;
import conclave.cli.common.ExitCode;
import conclave.protocol.Acl;
import conclave.protocol.Paths;
import conclave.recipes.json.Json;
import conclave.state.StoredStat;
import conclave.storage.SnapshotFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "dump",
    description = {
      "Prints what is in a snapshot: the sessions, then the znodes in the order of the file, parents first, as a tree, each with its kind, the length of its data, its versions, and its ACL unless that lets everybody do everything.",
      "It prints while it reads, so a damaged file shows all that stands before the damage; the exit code is 1 then."
    },
    footer = {
      "  conclave snapshot dump data/version-2/snapshot.1f",
      "  conclave snapshot dump -d --path /config data/version-2/snapshot.1f",
      "  conclave snapshot dump --json snapshot.1f.gz | jq .path"
    })
final class SnapshotDumpCommand extends FileCommand {
  @Parameters(paramLabel = "FILE", description = "The snapshot.")
  Path file = Path.of("");

  @Option(names = "-d", description = "Print the data too.")
  boolean data;

  @Option(names = "-s", description = "Print each znode's metadata, in zkCli's names, below it.")
  boolean stat;

  @Option(
      names = "--json",
      description = "Print a JSON object a line: sessions, znodes with all metadata.")
  boolean json;

  @Option(
      names = "--path",
      paramLabel = "PATH",
      description = "Only this znode and what is below it; no sessions.")
  @Nullable String top;

  private long nodes;

  @Override
  int run() throws IOException {
    SnapshotFile.open(disk(), file)
        .read(
            new SnapshotFile.Visitor() {
              @Override
              public void session(long id, int timeoutMs) {
                if (top == null) {
                  printSession(id, timeoutMs);
                }
              }

              @Override
              public void node(
                  String path, byte @Nullable [] content, List<Acl> acl, StoredStat stored) {
                if (top == null || TxnFilter.isAtOrBelow(path, top)) {
                  printNode(path, content, acl, stored);
                }
              }

              @Override
              public void digest(long zxid, int version, long digest) {
                if (!json && top == null) {
                  print("digest " + Texts.hex(digest) + " after zxid " + Texts.hex(zxid));
                }
              }
            });
    if (nodes == 0) {
      warn(file + " has no znode " + top + ".");
      return ExitCode.REFUSED;
    }
    return ExitCode.DONE;
  }

  private void printSession(long id, int timeoutMs) {
    print(
        json
            ? Json.line(Json.object("session", Texts.hex(id), "timeoutMs", timeoutMs))
            : "session " + Texts.hex(id) + " timeout=" + timeoutMs + "ms");
  }

  private void printNode(String path, byte @Nullable [] content, List<Acl> acl, StoredStat stored) {
    nodes++;
    if (json) {
      print(Json.line(object(path, content, acl, stored)));
      return;
    }
    print(line(path, content, acl, stored));
    if (stat) {
      statLines(stored, content).forEach(each -> print("  " + each));
    }
  }

  private String line(String path, byte @Nullable [] content, List<Acl> acl, StoredStat stored) {
    StringBuilder line = new StringBuilder(path);
    if (stored.ephemeralOwner() != 0) {
      line.append("  ").append(Texts.kind(stored.ephemeralOwner()));
    }
    line.append("  ").append(length(content)).append(" B  v").append(stored.version());
    if (!acl.equals(Acl.OPEN)) {
      line.append("  ").append(acl.isEmpty() ? "(its ACL is missing)" : AclText.text(acl));
    }
    if (data && content != null) {
      line.append("  ").append(DataText.whole(content));
    }
    return line.toString();
  }

  private static int length(byte @Nullable [] content) {
    return content == null ? 0 : content.length;
  }

  private static List<String> statLines(StoredStat stat, byte @Nullable [] content) {
    return List.of(
        "cZxid = " + Texts.hex(stat.czxid()),
        "ctime = " + Texts.time(stat.ctimeMs()),
        "mZxid = " + Texts.hex(stat.mzxid()),
        "mtime = " + Texts.time(stat.mtimeMs()),
        "pZxid = " + Texts.hex(stat.pzxid()),
        "cversion = " + stat.cversion(),
        "dataVersion = " + stat.version(),
        "aclVersion = " + stat.aversion(),
        "ephemeralOwner = " + Texts.hex(stat.ephemeralOwner()),
        "dataLength = " + length(content));
  }

  private Map<String, @Nullable Object> object(
      String path, byte @Nullable [] content, List<Acl> acl, StoredStat stored) {
    Map<String, @Nullable Object> object = new java.util.LinkedHashMap<>();
    object.put("path", path);
    object.put("name", path.equals(Paths.ROOT) ? "" : Paths.name(path));
    object.put("dataLength", length(content));
    if (data) {
      DataText.put(object, content);
    }
    object.put("acl", AclText.text(acl));
    object.put("kind", Texts.kind(stored.ephemeralOwner()));
    object.put("czxid", Texts.hex(stored.czxid()));
    object.put("mzxid", Texts.hex(stored.mzxid()));
    object.put("pzxid", Texts.hex(stored.pzxid()));
    object.put("ctime", Texts.time(stored.ctimeMs()));
    object.put("mtime", Texts.time(stored.mtimeMs()));
    object.put("version", stored.version());
    object.put("cversion", stored.cversion());
    object.put("aversion", stored.aversion());
    return object;
  }
}
