package conclave.server.auth;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** The addresses and host names that a certificate is for. */
final class CertificateNames {

  private static final int DNS = 2;
  private static final int ADDRESS = 7;

  private CertificateNames() {}

  static boolean hasAddress(X509Certificate certificate, String address)
      throws CertificateParsingException {
    return alternatives(certificate, ADDRESS).contains(address)
        // A certificate made before alternative names may have it as common name.
        || certificate.getSubjectAlternativeNames() == null
            && commonNames(certificate).contains(address);
  }

  static boolean hasHost(X509Certificate certificate, String host)
      throws CertificateParsingException {
    List<String> names =
        certificate.getSubjectAlternativeNames() == null
            ? commonNames(certificate)
            : alternatives(certificate, DNS);
    return names.stream().anyMatch(name -> matches(name, host));
  }

  /** A star stands for the whole first label of a name with at least three. */
  static boolean matches(String pattern, String host) {
    String lowerPattern = pattern.toLowerCase(Locale.ROOT);
    String lowerHost = host.toLowerCase(Locale.ROOT);
    int dot = lowerHost.indexOf('.');
    if (lowerPattern.startsWith("*.") && lowerPattern.indexOf('.', 2) > 0 && dot > 0) {
      return lowerPattern.substring(1).equals(lowerHost.substring(dot));
    }
    return lowerPattern.equals(lowerHost);
  }

  private static List<String> alternatives(X509Certificate certificate, int type)
      throws CertificateParsingException {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    List<String> found = new ArrayList<>();
    if (names != null) {
      for (List<?> name : names) {
        if (name.get(0) instanceof Integer kind
            && kind == type
            && name.get(1) instanceof String text) {
          found.add(text);
        }
      }
    }
    return found;
  }

  private static List<String> commonNames(X509Certificate certificate) {
    List<String> found = new ArrayList<>();
    try {
      for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
        if (rdn.getType().equalsIgnoreCase("CN")) {
          found.add(rdn.getValue().toString());
        }
      }
    } catch (InvalidNameException e) {
      return List.of();
    }
    return found;
  }
}
