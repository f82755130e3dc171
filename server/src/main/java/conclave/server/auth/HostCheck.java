package conclave.server.auth;

import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts a client only if, besides all else, its certificate is for the address that it comes from.
 */
final class HostCheck extends X509ExtendedTrustManager {

  private final X509ExtendedTrustManager trust;
  private final boolean reverseLookup;

  HostCheck(X509ExtendedTrustManager trust, boolean reverseLookup) {
    this.trust = trust;
    this.reverseLookup = reverseLookup;
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    trust.checkClientTrusted(chain, authType, engine);
    checkHost(chain[0], engine.getPeerHost());
  }

  /** The engine was made with the client's address in digits, and so looking it up asks nobody. */
  private void checkHost(X509Certificate certificate, String address) throws CertificateException {
    if (CertificateNames.hasAddress(certificate, address)) {
      return;
    }
    if (!reverseLookup) {
      throw new CertificateException(
          "the certificate is not for the address " + address + ", and reverse look-up is off");
    }
    try {
      String host = InetAddress.getByName(address).getHostName();
      if (!CertificateNames.hasHost(certificate, host)) {
        throw new CertificateException(
            "the certificate is neither for the address " + address + " nor for the host " + host);
      }
    } catch (UnknownHostException e) {
      throw new CertificateException("the client's address " + address + " is not one", e);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    trust.checkServerTrusted(chain, authType, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("clients come through engines, not sockets");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    trust.checkServerTrusted(chain, authType, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("without the connection the host cannot be checked");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    trust.checkServerTrusted(chain, authType);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return trust.getAcceptedIssuers();
  }
}
