package conclave.server.admin;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.ErrorCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who changed what: a line for each change, as {@code key=value} pairs with tabs between, in
 * Apache's form and under the name of Apache's logger, so that what sorts and reads its lines reads
 * these. Successes are of level info, failures of level error.
 */
public final class AuditLog {
  private static final Logger LOG =
      LoggerFactory.getLogger("org.apache.zookeeper.audit.Slf4jAuditLogger");

  private static final String SUCCESS = "success";
  private static final String FAILURE = "failure";

  private final String serverUser;

  /**
   * @param serverUser whom the server itself runs as
   */
  public AuditLog(String serverUser) {
    this.serverUser = serverUser;
  }

  /**
   * Who asked.
   *
   * @param users names, with commas between
   * @param address of the client, without its port
   */
  public record Author(long sessionId, String users, String address) {}

  public void started() {
    write(new Line().add("user", serverUser).add("operation", "serverStart"), SUCCESS);
  }

  public void stopping() {
    write(new Line().add("user", serverUser).add("operation", "serverStop"), "invoked");
  }

  /** A session has ended, and these of its znodes with it. */
  public void ephemeralsDeleted(long sessionId, List<String> paths) {
    for (String path : paths) {
      write(
          new Line()
              .add("session", "0x" + Long.toHexString(sessionId))
              .add("user", serverUser)
              .add("operation", "ephemeralZNodeDeletionOnSessionCloseOrExpire")
              .add("znode", path),
          SUCCESS);
    }
  }

  /** A request was answered; those that change nothing by their kind leave no line. */
  public void answered(Author author, Request request, ErrorCode error, Reply reply) {
    if (request instanceof Request.Multi multi) {
      multi(author, multi, error, reply);
    } else {
      one(author, request, error == ErrorCode.OK, reply);
    }
  }

  /** A multi that was done is a line for each change in it, one that was not is a single line. */
  private void multi(Author author, Request.Multi multi, ErrorCode error, Reply reply) {
    boolean done =
        error == ErrorCode.OK
            && reply instanceof Reply.OfMulti of
            && of.results().stream().noneMatch(result -> result.op() == null);
    if (!done) {
      write(line(author, "multiOperation"), FAILURE);
      return;
    }
    List<Reply.OpResult> results = ((Reply.OfMulti) reply).results();
    for (int i = 0; i < results.size(); i++) {
      one(author, multi.ops().get(i), true, results.get(i).reply());
    }
  }

  private void one(Author author, Request request, boolean done, Reply reply) {
    Line line = lineOf(author, request, reply);
    if (line != null) {
      write(line, done ? SUCCESS : FAILURE);
    }
  }

  private static @Nullable Line lineOf(Author author, Request request, Reply reply) {
    if (request instanceof Request.Create create) {
      return line(author, "create")
          .add("znode", createdPath(create, reply))
          .add("znode_type", typeOf(create));
    } else if (request instanceof Request.Delete delete) {
      return line(author, "delete").add("znode", delete.path());
    } else if (request instanceof Request.SetData set) {
      return line(author, "setData").add("znode", set.path());
    } else if (request instanceof Request.SetAcl set) {
      return line(author, "setAcl").add("znode", set.path()).add("acl", show(set.acl()));
    } else if (request instanceof Request.Reconfig) {
      return line(author, "reconfig");
    }
    return null;
  }

  private static Line line(Author author, String operation) {
    return new Line()
        .add("session", "0x" + Long.toHexString(author.sessionId()))
        .add("user", author.users())
        .add("ip", author.address())
        .add("operation", operation);
  }

  /** With the suffix that a sequential one was given. */
  private static String createdPath(Request.Create create, Reply reply) {
    if (reply instanceof Reply.OfPath of) {
      return of.path();
    }
    return reply instanceof Reply.OfPathAndStat of ? of.path() : create.path();
  }

  private static @Nullable String typeOf(Request.Create create) {
    CreateMode mode = CreateMode.of(create.flags());
    return mode == null ? null : mode.name().toLowerCase(Locale.ROOT);
  }

  private static String show(List<Acl> acl) {
    return acl.stream()
        .map(item -> item.id().scheme() + ":" + item.id().id() + ":" + letters(item.perms()))
        .collect(Collectors.joining(","));
  }

  private static String letters(int perms) {
    StringBuilder out = new StringBuilder();
    append(out, perms, Acl.CREATE, 'c');
    append(out, perms, Acl.DELETE, 'd');
    append(out, perms, Acl.READ, 'r');
    append(out, perms, Acl.WRITE, 'w');
    append(out, perms, Acl.ADMIN, 'a');
    return out.toString();
  }

  private static void append(StringBuilder out, int perms, int perm, char letter) {
    if ((perms & perm) != 0) {
      out.append(letter);
    }
  }

  private static void write(Line line, String result) {
    String text = line.add("result", result).toString();
    if (result.equals(FAILURE)) {
      LOG.error(text);
    } else {
      LOG.info(text);
    }
  }

  /** One line. What a client can choose must not look like another pair or another line. */
  private static final class Line {
    private final StringBuilder text = new StringBuilder();

    Line add(String key, @Nullable String value) {
      if (value != null) {
        if (text.length() > 0) {
          text.append('\t');
        }
        text.append(key).append('=').append(value.replaceAll("[\t\n\r]", ""));
      }
      return this;
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }
}
