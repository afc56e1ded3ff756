# SPDX-License-Identifier: ISC
# qlab.rb - Homebrew formula, to be installed from a checkout's own tap
class Qlab < Formula
  desc "Network-diagnostics tools for virtual routers in QEMU labs"
  homepage "https://example.org/qlab"
  head "file://#{File.expand_path("../..", __dir__)}", using: :git
  license "ISC"

  depends_on "pkg-config" => :build
  depends_on "jansson"
  depends_on "libyaml"
  depends_on "qemu"

  def install
    system "make", "install", "PREFIX=#{prefix}", "LIBEXECDIR=#{libexec}"
  end

  def caveats
    <<~EOS
      Up to macOS 15 its networks want root: qlab-run starts QEMU, and nothing
      else, by sudo.  'qlab-run --print-sudoers' prints a rule for that.
      Capturing on vmenet interfaces takes root or Wireshark's ChmodBPF.
    EOS
  end

  test do
    (testpath/"lab.yaml").write <<~EOS
      networks:
        lan: {mode: host, subnet: 10.77.0.0/24}
      vms:
        a: {nics: [lan]}
    EOS
    assert_match "vmnet-host", shell_output("#{bin}/qlab-run -n --target darwin")
  end
end
