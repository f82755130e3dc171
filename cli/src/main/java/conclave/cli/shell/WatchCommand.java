package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.DataText;
import conclave.cli.common.EventText;
import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Node;
import conclave.client.Registration;
import conclave.client.WatchEvent;
import conclave.client.WatchListener;
import conclave.client.WatchMode;
import conclave.recipes.json.Json;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Follows what happens at a znode until Ctrl-C, over lost connections and new sessions. */
final class WatchCommand extends Described {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);

  WatchCommand() {
    super(
        "watch",
        "[-c] [-R] [-n count] path",
        "follow a znode's data until Ctrl-C: -c its children, -R every change below it, -n so many"
            + " lines",
        Syntax.of(1, 1).flags("c", "R").options("n"));
  }

  /** What there is to print: text for people, and the same for programs. */
  private record News(String text, Map<String, @Nullable Object> object) {}

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String path = arguments.get(0);
    int wanted = arguments.number("n", Integer.MAX_VALUE);
    BlockingQueue<Object> news = new LinkedBlockingQueue<>();
    try (Registration watch = begin(arguments, shell, path, news)) {
      for (int i = 0; i < wanted; i++) {
        Object next = take(news);
        if (next instanceof ConclaveException failure) {
          throw Refusals.failure(shell, failure);
        }
        print(shell, (News) next);
      }
      watch.close();
    }
  }

  private static Object take(BlockingQueue<Object> news) throws Console.Stopped {
    try {
      return news.take();
    } catch (InterruptedException e) {
      throw Console.Stopped.byInterrupt();
    }
  }

  private static void print(Shell shell, News news) throws Console.Stopped {
    if (shell.json()) {
      shell.printJson(news.object());
    } else {
      String time = TIME.format(LocalTime.now(ZoneId.systemDefault()));
      shell.print(shell.console().style().faint(time) + "  " + news.text());
    }
    shell.console().flush();
  }

  private static Registration begin(
      Arguments arguments, Shell shell, String path, BlockingQueue<Object> news)
      throws CommandFailure, Console.Stopped {
    ConclaveClient client = shell.client();
    if (arguments.has("R")) {
      return shell.await(
          client.addWatch(
              path,
              WatchMode.PERSISTENT_RECURSIVE,
              new WatchListener() {
                @Override
                public void changed(WatchEvent event) {
                  news.add(
                      new News(
                          EventText.type(event.type()) + "  " + event.path(),
                          EventText.object(event)));
                }

                @Override
                public void mayHaveMissed() {
                  news.add(
                      new News(
                          "the connection was lost meanwhile: changes may be missing here",
                          Json.object("event", "MayHaveMissed")));
                }
              }));
    }
    if (arguments.has("c")) {
      return client
          .watchChildren(path)
          .forEach(children -> news.add(children(path, children)), news::add);
    }
    return client.watch(path).forEach(node -> news.add(data(path, node)), news::add);
  }

  private static News data(String path, Optional<Node> found) {
    if (found.isEmpty()) {
      return new News(path + " does not exist", Json.object("path", path, "exists", false));
    }
    Node node = found.get();
    Map<String, @Nullable Object> object = Json.object("path", path, "exists", true);
    DataText.put(object, node.data());
    object.put("version", node.stat().version());
    return new News(
        path + "  v" + node.stat().version() + "  " + DataText.whole(node.data()), object);
  }

  private static News children(String path, Optional<Children> found) {
    if (found.isEmpty()) {
      return new News(path + " does not exist", Json.object("path", path, "exists", false));
    }
    List<String> names = found.get().names().stream().sorted().toList();
    return new News(
        path + "  [" + String.join(", ", names) + "]",
        Json.object("path", path, "exists", true, "children", names));
  }
}
