package conclave.protocol;

/** Who somebody is, in one scheme of authentication, as whoAmI tells it. */
public record ClientInfo(String scheme, String user) {
  void write(JuteWriter out) {
    out.writeString(scheme);
    out.writeString(user);
  }

  static ClientInfo read(JuteReader in) {
    return new ClientInfo(in.readString(), in.readString());
  }
}
