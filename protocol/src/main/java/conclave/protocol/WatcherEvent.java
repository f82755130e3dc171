package conclave.protocol;

/** The body of a notification. */
public record WatcherEvent(int type, int state, String path) {
  public void write(JuteWriter out) {
    out.writeInt(type);
    out.writeInt(state);
    out.writeString(path);
  }

  public static WatcherEvent read(JuteReader in) {
    return new WatcherEvent(in.readInt(), in.readInt(), in.readString());
  }
}
