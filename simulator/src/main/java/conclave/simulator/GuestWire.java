package conclave.simulator;

import conclave.protocol.ConnectRequest;
import conclave.protocol.ConnectResponse;
import conclave.protocol.ErrorCode;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.OpCode;
import conclave.protocol.ReplyHeader;
import conclave.protocol.Request;
import conclave.protocol.WatcherEvent;
import conclave.protocol.Xid;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a guest. On its side it is bytes, as from a socket; on the member's side what
 * they mean, as with the simulator's own clients. Bytes for the guest come in pieces that are cut
 * anywhere.
 */
final class GuestWire implements Guest.Wire, Network.Handler {
  private static final int INT = 4;

  private final Guest guest;
  private final int process;
  private final Guest.Socket socket;
  private final SplittableRandom random;
  private Network.@Nullable End end;
  private byte[] unread = new byte[0];
  private boolean greeted;
  private boolean over;

  GuestWire(Guest guest, int process, Guest.Socket socket) {
    this.guest = guest;
    this.process = process;
    this.socket = socket;
    this.random = guest.random().split();
  }

  boolean isOver() {
    return over;
  }

  /** The network has an answer to the attempt. */
  Network.@Nullable Handler connected(Network.@Nullable End made) {
    if (over) {
      return null;
    }
    end = made;
    if (made == null) {
      over = true;
      guest.run(process, socket::refused);
      return null;
    }
    guest.run(process, () -> unlessOver(socket::connected));
    return this;
  }

  private void unlessOver(Runnable task) {
    if (!over) {
      task.run();
    }
  }

  // --- from the guest

  @Override
  public void send(byte[] bytes) {
    if (over) {
      return;
    }
    byte[] all = Arrays.copyOf(unread, unread.length + bytes.length);
    System.arraycopy(bytes, 0, all, unread.length, bytes.length);
    int start = 0;
    while (all.length - start >= INT) {
      int length = new JuteReader(all, start, INT).readInt();
      if (all.length - start - INT < length) {
        break;
      }
      frame(new JuteReader(all, start + INT, length), length);
      start += INT + length;
    }
    unread = Arrays.copyOfRange(all, start, all.length);
  }

  private void frame(JuteReader in, int length) {
    Network.End to = end;
    if (to == null) {
      throw new IllegalStateException("bytes before there is a connection");
    }
    if (!greeted) {
      greeted = true;
      ConnectRequest hello = ConnectRequest.read(in);
      if (hello.sessionId() != 0 && !Arrays.equals(hello.passwd(), password(hello.sessionId()))) {
        to.close();
        guest.fail("a client proves its session", hello.toString());
        return;
      }
      to.send(
          new ClientMessage.Hello(
              hello.sessionId(),
              hello.lastZxidSeen(),
              hello.timeoutMs(),
              Boolean.TRUE.equals(hello.readOnly())),
          length);
      return;
    }
    int xid = in.readInt();
    OpCode op = OpCode.of(in.readInt());
    if (op == null) {
      throw new IllegalStateException("a request of no kind that there is");
    }
    Request request = Request.read(op, in);
    guest.say(
        () -> "asks " + xid + " " + op + (request instanceof Request.OfPath of ? of.path() : ""));
    to.send(new ClientMessage.Ask(xid, request), length);
  }

  @Override
  public void close() {
    over = true;
    Network.End current = end;
    if (current != null) {
      current.close();
    }
  }

  /** The process is gone. */
  void gone(boolean silently) {
    over = true;
    Network.End current = end;
    if (current != null) {
      SimulatedPeers.end(current, silently);
    }
  }

  /** Both sides are told that it is broken. */
  void broken() {
    Network.End current = end;
    if (!over && current != null) {
      over = true;
      current.close();
      guest.run(process, socket::closed);
    }
  }

  // --- from the member

  @Override
  public void received(Object message) {
    if (message instanceof ClientMessage.Answer answer
        && answer.error() == ErrorCode.SESSION_MOVED) {
      // As production's client port: whoever asks here must not hear what looks like an answer.
      Network.End current = end;
      if (current != null) {
        current.close();
      }
      closed();
    } else if (!over) {
      deliver(encode((ClientMessage) message));
    }
  }

  @Override
  public void closed() {
    if (!over) {
      guest.run(
          process,
          () -> {
            if (!over) {
              over = true;
              socket.closed();
            }
          });
    }
  }

  private void deliver(byte[] bytes) {
    int cut = random.nextInt(8) == 0 ? random.nextInt(bytes.length) : 0;
    if (cut > 0) {
      byte[] head = Arrays.copyOf(bytes, cut);
      guest.run(process, () -> unlessOver(() -> socket.received(head)));
    }
    byte[] rest = Arrays.copyOfRange(bytes, cut, bytes.length);
    guest.run(process, () -> unlessOver(() -> socket.received(rest)));
  }

  private byte[] encode(ClientMessage message) {
    JuteWriter out = new JuteWriter(256);
    out.writeInt(0);
    if (message instanceof ClientMessage.Welcome welcome) {
      boolean lives = welcome.session() != 0;
      new ConnectResponse(
              0,
              lives ? welcome.timeoutMs() : 0,
              welcome.session(),
              password(welcome.session()),
              welcome.readOnly())
          .write(out);
    } else if (message instanceof ClientMessage.Answer answer) {
      new ReplyHeader(answer.xid(), answer.zxid(), answer.error().code()).write(out);
      if (answer.error() == ErrorCode.OK) {
        answer.reply().write(out);
      }
    } else if (message instanceof ClientMessage.Event event) {
      int connected = 3;
      new ReplyHeader(Xid.NOTIFICATION, event.zxid(), 0).write(out);
      new WatcherEvent(event.type().code(), connected, event.path()).write(out);
      guest.guests().told(guest, event.type(), event.path());
    } else {
      throw new IllegalStateException("not for a client: " + message);
    }
    out.putInt(0, out.length() - INT);
    return out.toByteArray();
  }

  private static byte[] password(long session) {
    byte[] password = new byte[16];
    Arrays.fill(password, (byte) (Randoms.mix(session) >>> 7));
    return password;
  }
}
