package conclave.compat;

import static conclave.compat.Requests.addWatch;
import static conclave.compat.Requests.checkWatches;
import static conclave.compat.Requests.create;
import static conclave.compat.Requests.delete;
import static conclave.compat.Requests.exists;
import static conclave.compat.Requests.getChildren;
import static conclave.compat.Requests.getData;
import static conclave.compat.Requests.removeWatches;
import static conclave.compat.Requests.setAcl;
import static conclave.compat.Requests.setData;
import static conclave.compat.Requests.setWatches;
import static conclave.compat.Requests.setWatches2;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Watches of every kind: what triggers them, how often, and when the event comes. */
final class WatchTest extends OneServer {
  private static final byte[] NONE = {};
  private static final int CHILDREN = 1;
  private static final int DATA = 2;
  private static final int ANY = 3;
  private static final int PERSISTENT = 4;
  private static final int RECURSIVE = 5;

  private Wire writer;
  private Wire watcher;

  @BeforeEach
  void connect() throws IOException {
    writer = session();
    watcher = session();
  }

  @Test
  void dataWatchFiresOnceForAChange() throws IOException {
    writer.ok(create(root + "/a"));
    watcher.ok(getData(root + "/a", true));
    long zxid = writer.ok(setData(root + "/a", NONE, -1)).zxid();
    writer.ok(setData(root + "/a", NONE, -1));
    assertThat(watcher.events()).containsExactly(new Incoming.Event(zxid, 3, 3, root + "/a"));
  }

  @Test
  void existWatchOnAMissingNodeFiresOnCreation() throws IOException {
    watcher.call(exists(root + "/a", true));
    long zxid = writer.ok(create(root + "/a")).zxid();
    assertThat(watcher.events()).containsExactly(new Incoming.Event(zxid, 1, 3, root + "/a"));
  }

  @Test
  void getDataOfAMissingNodeLeavesNoWatch() throws IOException {
    assertThat(watcher.call(getData(root + "/a", true)).err()).isEqualTo(-101);
    writer.ok(create(root + "/a"));
    assertThat(watcher.briefEvents()).isEmpty();
  }

  @Test
  void dataAndChildWatchOfADeletedNodeFireOnce() throws IOException {
    writer.ok(create(root + "/a"));
    watcher.ok(getData(root + "/a", true));
    watcher.ok(getChildren(root + "/a", true));
    watcher.ok(getChildren(root, true));
    writer.ok(delete(root + "/a", -1));
    assertThat(watcher.briefEvents()).containsExactly("2 " + root + "/a", "4 " + root);
  }

  @Test
  void childWatchFiresForCreationAndDeletionOnly() throws IOException {
    writer.ok(create(root + "/a"));
    watcher.ok(getChildren(root, true));
    writer.ok(setData(root + "/a", NONE, -1));
    writer.ok(create(root + "/a/grandchild"));
    assertThat(watcher.briefEvents()).isEmpty();
    writer.ok(create(root + "/b"));
    assertThat(watcher.briefEvents()).containsExactly("4 " + root);
    watcher.ok(Requests.getChildren2(root, true));
    writer.ok(delete(root + "/b", -1));
    assertThat(watcher.briefEvents()).containsExactly("4 " + root);
  }

  @Test
  void setAclAndRefusedWritesTriggerNothing() throws IOException {
    writer.ok(create(root + "/a"));
    watcher.ok(addWatch(root, 1));
    watcher.ok(getData(root + "/a", true));
    watcher.ok(getChildren(root, true));
    writer.ok(setAcl(root + "/a", Acl.OPEN, -1));
    writer.call(setData(root + "/a", NONE, 7));
    writer.call(create(root + "/a"));
    assertThat(watcher.briefEvents()).isEmpty();
  }

  @Test
  void persistentWatchFiresForTheNodeAndItsChildrenList() throws IOException {
    assertThat(watcher.ok(addWatch(root + "/a", 0)).body()).isEqualTo(new byte[4]);
    writer.ok(create(root + "/a"));
    writer.ok(setData(root + "/a", NONE, -1));
    writer.ok(create(root + "/a/b"));
    writer.ok(setData(root + "/a/b", NONE, -1));
    writer.ok(create(root + "/a/b/c"));
    writer.ok(delete(root + "/a/b/c", -1));
    writer.ok(delete(root + "/a/b", -1));
    writer.ok(delete(root + "/a", -1));
    writer.ok(create(root + "/a"));
    String a = root + "/a";
    assertThat(watcher.briefEvents())
        .containsExactly("1 " + a, "3 " + a, "4 " + a, "4 " + a, "2 " + a, "1 " + a);
  }

  @Test
  void recursiveWatchFiresForTheWholeSubtreeWithoutChildrenLists() throws IOException {
    watcher.ok(addWatch(root + "/a", 1));
    writer.ok(create(root + "/a"));
    writer.ok(create(root + "/ab"));
    writer.ok(create(root + "/a/b"));
    writer.ok(create(root + "/a/b/c"));
    writer.ok(setData(root + "/a/b/c", NONE, -1));
    writer.ok(delete(root + "/a/b/c", -1));
    writer.ok(delete(root + "/a/b", -1));
    writer.ok(delete(root + "/a", -1));
    assertThat(watcher.briefEvents())
        .containsExactly(
            "1 " + root + "/a",
            "1 " + root + "/a/b",
            "1 " + root + "/a/b/c",
            "3 " + root + "/a/b/c",
            "2 " + root + "/a/b/c",
            "2 " + root + "/a/b",
            "2 " + root + "/a");
  }

  @Test
  void oneChangeIsToldOnceToAConnectionThatWatchesInSeveralWays() throws IOException {
    writer.ok(create(root + "/a"));
    watcher.ok(getData(root + "/a", true));
    watcher.ok(addWatch(root + "/a", 0));
    watcher.ok(addWatch(root, 1));
    writer.ok(setData(root + "/a", NONE, -1));
    assertThat(watcher.briefEvents()).containsExactly("3 " + root + "/a");
    writer.ok(setData(root + "/a", NONE, -1));
    assertThat(watcher.briefEvents()).containsExactly("3 " + root + "/a");
  }

  @Test
  void theLaterModeOfAPersistentWatchCounts() throws IOException {
    watcher.ok(addWatch(root, 0));
    watcher.ok(addWatch(root, 1));
    writer.ok(create(root + "/a"));
    List<String> both = watcher.briefEvents();
    assertThat(both).contains("1 " + root + "/a");
  }

  @Test
  void badModeIsAMarshallingError() throws IOException {
    assertThat(watcher.call(addWatch(root, 2)).err()).isEqualTo(-5);
    assertThat(watcher.call(addWatch(root, -1)).err()).isEqualTo(-5);
  }

  @Test
  void ownWriteIsAnsweredAfterItsEvent() throws IOException {
    watcher.ok(create(root + "/a"));
    watcher.ok(getData(root + "/a", true));
    watcher.send(setData(root + "/a", NONE, -1));
    assertThat(watcher.next()).isInstanceOf(Incoming.Event.class);
    assertThat(watcher.next()).isInstanceOf(Incoming.Reply.class);
  }

  @Test
  void eventComesBeforeAnyReplyThatShowsTheChange() throws IOException {
    writer.ok(create(root + "/a"));
    for (int round = 0; round < 200; round++) {
      watcher.ok(getData(root + "/a", true));
      int version = round + 1;
      writer.send(setData(root + "/a", NONE, -1));
      boolean seenEvent = false;
      while (true) {
        watcher.send(exists(root + "/a", false));
        Incoming incoming = watcher.next();
        if (incoming instanceof Incoming.Event) {
          seenEvent = true;
          incoming = watcher.next();
        }
        int seen = ((Incoming.Reply) incoming).stat().version();
        assertThat(seen == version && !seenEvent).as("data before event").isFalse();
        if (seenEvent) {
          break;
        }
      }
      writer.reply();
    }
  }

  @Test
  void watchesAreCheckedAndRemovedByKind() throws IOException {
    writer.ok(create(root + "/a"));
    String a = root + "/a";
    watcher.ok(getData(a, true));
    watcher.ok(getChildren(a, true));
    assertThat(watcher.call(checkWatches(a, DATA)).err()).isZero();
    assertThat(watcher.call(checkWatches(a, CHILDREN)).err()).isZero();
    assertThat(watcher.call(checkWatches(a, ANY)).err()).isZero();
    assertThat(watcher.call(checkWatches(a, PERSISTENT)).err()).isEqualTo(-121);
    assertThat(watcher.call(checkWatches(root, ANY)).err()).isEqualTo(-121);
    assertThat(watcher.call(removeWatches(a, DATA)).err()).isZero();
    assertThat(watcher.call(removeWatches(a, DATA)).err()).isEqualTo(-121);
    writer.ok(setData(a, NONE, -1));
    assertThat(watcher.briefEvents()).isEmpty();
    assertThat(watcher.call(removeWatches(a, ANY)).err()).isZero();
    writer.ok(create(a + "/b"));
    assertThat(watcher.briefEvents()).isEmpty();
  }

  @Test
  void persistentWatchesAreRemovedByTheirOwnKind() throws IOException {
    watcher.ok(addWatch(root, 0));
    assertThat(watcher.call(checkWatches(root, RECURSIVE)).err()).isEqualTo(-121);
    assertThat(watcher.call(checkWatches(root, PERSISTENT)).err()).isZero();
    assertThat(watcher.call(removeWatches(root, PERSISTENT)).err()).isZero();
    writer.ok(create(root + "/a"));
    assertThat(watcher.briefEvents()).isEmpty();
    watcher.ok(addWatch(root, 1));
    assertThat(watcher.call(checkWatches(root, PERSISTENT)).err()).isEqualTo(-121);
    assertThat(watcher.call(removeWatches(root, RECURSIVE)).err()).isZero();
    writer.ok(create(root + "/b"));
    assertThat(watcher.briefEvents()).isEmpty();
  }

  @Test
  void replayTellsWhatWasMissed() throws IOException {
    for (String name : List.of("changed", "deleted", "same", "parent", "calm", "gone")) {
      writer.ok(create(root + "/" + name));
    }
    long seen = writer.ok(exists("/", false)).zxid();
    writer.ok(setData(root + "/changed", NONE, -1));
    writer.ok(delete(root + "/deleted", -1));
    writer.ok(delete(root + "/gone", -1));
    writer.ok(create(root + "/parent/new"));
    writer.ok(create(root + "/born"));
    Incoming.Reply reply =
        watcher.ok(
            setWatches(
                seen,
                List.of(root + "/changed", root + "/deleted", root + "/same"),
                List.of(root + "/born", root + "/unborn"),
                List.of(root + "/parent", root + "/calm", root + "/gone")));
    assertThat(reply.xid()).isEqualTo(Wire.SET_WATCHES_XID);
    assertThat(reply.body()).isEmpty();
    List<Incoming.Event> events = watcher.events();
    assertThat(events).extracting(Incoming.Event::zxid).containsOnly(-1L);
    assertThat(events)
        .extracting(Incoming.Event::brief)
        .containsExactly(
            "3 " + root + "/changed",
            "2 " + root + "/deleted",
            "1 " + root + "/born",
            "4 " + root + "/parent",
            "2 " + root + "/gone");
  }

  @Test
  void replayArmsWhatWasNotMissed() throws IOException {
    writer.ok(create(root + "/same"));
    writer.ok(create(root + "/calm"));
    long seen = writer.ok(exists("/", false)).zxid();
    watcher.ok(
        setWatches2(
            seen,
            List.of(root + "/same"),
            List.of(root + "/unborn"),
            List.of(root + "/calm"),
            List.of(root + "/p"),
            List.of(root + "/r")));
    writer.ok(setData(root + "/same", NONE, -1));
    writer.ok(create(root + "/unborn"));
    writer.ok(create(root + "/calm/x"));
    writer.ok(create(root + "/p"));
    writer.ok(create(root + "/r"));
    writer.ok(create(root + "/r/s"));
    writer.ok(delete(root + "/r/s", -1));
    assertThat(watcher.briefEvents())
        .containsExactly(
            "3 " + root + "/same",
            "1 " + root + "/unborn",
            "4 " + root + "/calm",
            "1 " + root + "/p",
            "1 " + root + "/r",
            "1 " + root + "/r/s",
            "2 " + root + "/r/s");
  }

  @Test
  void persistentWatchesMissWhatHappenedInTheGap() throws IOException {
    long seen = writer.ok(exists("/", false)).zxid();
    writer.ok(create(root + "/a"));
    watcher.ok(
        setWatches2(seen, List.of(), List.of(), List.of(), List.of(root + "/a"), List.of(root)));
    assertThat(watcher.briefEvents()).isEmpty();
  }

  @Test
  void watchesBelongToTheConnection() throws IOException {
    writer.ok(create(root + "/a"));
    watcher.ok(getData(root + "/a", true));
    watcher.close();
    Wire again = connection();
    again.shake(Handshake.resume(watcher.session()));
    writer.ok(setData(root + "/a", NONE, -1));
    assertThat(again.briefEvents()).isEmpty();
  }

  @Test
  void endOfASessionTellsOfItsEphemerals() throws IOException {
    Wire mortal = session();
    mortal.ok(create(root + "/e", NONE, 1));
    watcher.ok(exists(root + "/e", true));
    watcher.ok(getChildren(root, true));
    long zxid = mortal.endSession().zxid();
    assertThat(watcher.events())
        .containsExactly(
            new Incoming.Event(zxid, 2, 3, root + "/e"), new Incoming.Event(zxid, 4, 3, root));
  }

  @Test
  void eventsAreWithheldFromThoseWhoMayNotRead() throws IOException {
    writer.ok(Requests.auth("digest", "owner:pw"));
    writer.ok(create(root + "/a"));
    watcher.ok(addWatch(root, 1));
    watcher.ok(getData(root + "/a", true));
    writer.ok(setAcl(root + "/a", List.of(new Acl(Acl.ALL, "auth", "")), -1));
    writer.ok(setData(root + "/a", NONE, -1));
    assertThat(watcher.briefEvents()).isEmpty();
    writer.ok(delete(root + "/a", -1));
    assertThat(watcher.briefEvents()).isEmpty();
  }
}
