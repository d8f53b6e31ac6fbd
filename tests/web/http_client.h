// A plain client over a loopback socket: sends bytes as they are given, and reads answers.
#pragma once

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

#include "web/net.h"

namespace wardpulse::web::test {

// Fails a test that hangs instead of waiting for ever.
inline constexpr auto kPatience = std::chrono::seconds{20};

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(io_) {
    socket_.connect({net::ip::address_v4::loopback(), port});
    const timeval limit{kPatience.count(), 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  void send(const std::string& bytes) { net::write(socket_, net::buffer(bytes)); }
  // Everything until the server closes.
  std::string read_all() {
    std::string bytes;
    error_code error;
    net::read(socket_, net::dynamic_buffer(bytes), error);
    EXPECT_EQ(error, net::error::eof) << error.message();
    return bytes;
  }
  // One answer with a body of Content-Length.
  std::string read_one() {
    std::string head;
    char c = 0;
    while (head.find("\r\n\r\n") == std::string::npos && net::read(socket_, net::buffer(&c, 1)) == 1) head += c;
    const auto at = head.find("Content-Length: ");
    std::string body(at == std::string::npos ? 0 : std::stoul(head.substr(at + 16)), '\0');
    net::read(socket_, net::buffer(body));
    return head + body;
  }

 private:
  net::io_context io_;
  tcp::socket socket_;
};

inline std::string status_of(const std::string& answer) { return answer.size() < 12 ? answer : answer.substr(9, 3); }
inline std::string body_of(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : answer.substr(end + 4);
}

} // namespace wardpulse::web::test
