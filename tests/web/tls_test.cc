// HTTPS on a real socket, with certificates that openssl makes for the test.
#include <boost/asio/ssl.hpp>
#include <gtest/gtest.h>
#include <filesystem>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tests/web/http_client.h"
#include "tests/web/temporary_folder.h"
#include "web/service.h"

namespace wardpulse::web {
namespace {

using namespace test;
namespace ssl = net::ssl;

std::string pem_of(const auto& write) {
  BIO* bio = BIO_new(BIO_s_mem());
  EXPECT_EQ(write(bio), 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

// A self-signed certificate of that name, and its key.
std::pair<std::string, std::string> make_certificate(const char* name) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  EXPECT_GT(X509_sign(certificate, key, EVP_sha256()), 0);
  std::pair pems{pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); }),
                 pem_of([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); })};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return pems;
}

struct Answer {
  std::string bytes;
  std::string certificate_name;
  error_code error;
};

class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    folder_.write("site/index.html", std::string(100'000, 'x'));
    use_certificate("first");
    ServiceOptions options;
    options.listen = options.private_listen = HostPort{"127.0.0.1", 0};
    options.tls = TlsFiles{folder_.path("cert.pem"), folder_.path("key.pem")};
    service_ = std::move(*Service::create(options, *StaticFiles::load(folder_.path("site"))));
    thread_ = std::thread([this] { service_->run(-1); });
  }
  ~TlsTest() override {
    service_->stop();
    thread_.join();
  }
  void use_certificate(const char* name) {
    const auto [certificate, key] = make_certificate(name);
    folder_.write("key.pem", key);
    folder_.write("cert.pem", certificate);
  }
  Answer get(int most_version = TLS1_3_VERSION) {
    net::io_context io;
    ssl::context context(ssl::context::tls_client);
    SSL_CTX_set_security_level(context.native_handle(), 0);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.native_handle(), most_version);
    ssl::stream<tcp::socket> stream(io, context);
    stream.lowest_layer().connect({net::ip::address_v4::loopback(), service_->public_port()});
    const timeval limit{kPatience.count(), 0};
    ::setsockopt(stream.lowest_layer().native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    Answer answer;
    stream.handshake(ssl::stream_base::client, answer.error);
    if (answer.error) return answer;
    if (X509* peer = SSL_get1_peer_certificate(stream.native_handle())) {
      char name[64] = "";
      X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name, sizeof name);
      answer.certificate_name = name;
      X509_free(peer);
    }
    net::write(stream, net::buffer(std::string("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")));
    net::read(stream, net::dynamic_buffer(answer.bytes), answer.error);
    return answer;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Service> service_;
  std::thread thread_;
};

TEST_F(TlsTest, ServesHttpsAndSaysSo) {
  const auto answer = get();
  EXPECT_EQ(answer.error, net::error::eof) << answer.error.message() << ": the end is said, not cut";
  EXPECT_EQ(status_of(answer.bytes), "200");
  EXPECT_TRUE(answer.bytes.ends_with(std::string(100'000, 'x')));
  EXPECT_NE(answer.bytes.find("Strict-Transport-Security: max-age=31536000"), std::string::npos);
  EXPECT_EQ(status_of(get(TLS1_2_VERSION).bytes), "200");
}

TEST_F(TlsTest, OldVersionsAndPlainTextAreRefused) {
  EXPECT_TRUE(get(TLS1_1_VERSION).error);
  Client plain(service_->public_port());
  plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string answer = plain.read_all();
  EXPECT_EQ(answer.find("HTTP/1.1"), std::string::npos);
}

TEST_F(TlsTest, ANewCertificateIsTakenWithoutARestart) {
  EXPECT_EQ(get().certificate_name, "first");
  use_certificate("second");
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (get().certificate_name != "second") ASSERT_LT(std::chrono::steady_clock::now(), deadline);
}

// Who installs a certificate may give the rights to it a moment later, and the file looks as before.
TEST(TlsFront, FilesThatDidNotReadAreTriedAgain) {
  const TemporaryFolder folder;
  const TlsFiles files{folder.path("cert.pem"), folder.path("key.pem")};
  const auto [certificate, key] = make_certificate("first");
  const auto write = [&](const std::string& text, std::filesystem::file_time_type time) {
    folder.write("cert.pem", text);
    std::filesystem::last_write_time(files.certificate, time);
  };
  const auto before = std::filesystem::file_time_type::clock::now();
  folder.write("key.pem", key);
  write(certificate, before);
  auto front = TlsFront::create(files, [](auto&&...) {});
  ASSERT_TRUE(front) << front.error().text();
  const auto after = before + std::chrono::seconds{1};
  write(std::string(certificate.size(), 'x'), after);
  (*front)->reload_if_changed();
  EXPECT_TRUE((*front)->problem());
  write(certificate, after);
  (*front)->reload_if_changed();
  EXPECT_FALSE((*front)->problem()) << *(*front)->problem();
}

TEST(Connections, OneThatAnotherStandsForCountsAgainstNoLimit) {
  struct Dummy : Connection {
    void stop() override { ++stopped; }
    int stopped = 0;
  };
  Connections connections(3, 2);
  Dummy handshake, session, other;
  connections.add(&handshake, "a");
  connections.add(&session, "a");
  EXPECT_TRUE(connections.is_full("a"));
  connections.uncount(&handshake);
  EXPECT_FALSE(connections.is_full("a"));
  EXPECT_EQ(connections.counted(), 1U);
  EXPECT_EQ(connections.size(), 2U) << "it is waited for";
  connections.add(&other, "a");
  EXPECT_TRUE(connections.is_full("a"));
  EXPECT_FALSE(connections.is_full("b"));
  connections.stop_all();
  EXPECT_EQ(handshake.stopped, 1);
  connections.remove(&handshake);
  EXPECT_EQ(connections.counted(), 2U);
  connections.remove(&session);
  connections.remove(&other);
  EXPECT_EQ(connections.size(), 0U);
  EXPECT_FALSE(connections.is_full("a"));
}

TEST_F(TlsTest, FilesThatDoNotReadAreRefusedAtTheStart) {
  ServiceOptions options;
  options.listen = options.private_listen = HostPort{"127.0.0.1", 0};
  options.tls = TlsFiles{folder_.path("nothing.pem"), folder_.path("key.pem")};
  const auto service = Service::create(options, StaticFiles());
  ASSERT_FALSE(service);
  EXPECT_NE(service.error().text().find("nothing.pem"), std::string::npos);
}

} // namespace
} // namespace wardpulse::web
