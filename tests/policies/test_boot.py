"""User data is parsed: what installs is found in every form of it, and what only speaks of installing isn't."""

from __future__ import annotations

import base64
import gzip
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policies.boot import findings


def sh(*lines: str) -> str:
    """A shell script."""
    return "\n".join(["#!/bin/bash", *lines, ""])


def cloud(text: str) -> str:
    """A cloud-config."""
    return f"#cloud-config\n{text}\n"


def parts(*texts: tuple[str, str]) -> str:
    """A multipart message of (subtype, text)."""
    message = MIMEMultipart()
    for subtype, text in texts:
        message.attach(MIMEText(text, subtype))
    return message.as_string()


INSTALLING = {
    "apt": sh("apt-get install -y nginx"),
    "update": sh("DEBIAN_FRONTEND=noninteractive apt-get -qq update"),
    "sudo": sh("sudo -E -u root apt install nginx"),
    "path": sh("/usr/bin/dnf -y upgrade"),
    "in an if": sh("if command -v yum; then", "  yum -y install x", "fi"),
    "in a function": sh("setup() {", "  apk add curl", "}", "setup"),
    "in a loop": sh("for p in a b; do", "  zypper in $p; done"),
    "in a substitution": sh('echo "$(yum install -y x)"'),
    "behind and": sh("true && yum install -y x || exit 1"),
    "continued line": sh("yum \\", "  install -y \\", "  x"),
    "from a variable": sh("PM=yum", '"$PM" -y install x'),
    "name in two parts": sh('A=apt; "${A}-get" install x'),
    "tool unknown": sh('PM=$(cat /etc/pm); "$PM" install x'),
    "words in a variable": sh('CMD="yum -y install"', "$CMD x"),
    "quoted oddly": sh("a'p't-g\"e\"t install x"),
    "escaped": sh("ap\\t-get install x"),
    "sh -c": sh("sh -xec 'yum install -y x'"),
    "nested sh -c": sh("""bash -lc "sh -c 'pip install x'" """),
    "eval": sh("eval 'yum install -y x'"),
    "here-document": sh("bash <<'EOF'", "yum install -y x", "EOF"),
    "env": sh("env -i PATH=/bin yum update"),
    "timeout": sh("timeout -s KILL 60 yum update -y"),
    "nohup": sh("nohup yum update -y &"),
    "xargs": sh("cat list | xargs -n 1 apt-get install"),
    "curl to sh": sh("curl -fsSL https://x.example/i | sudo bash -s -- --yes"),
    "process substitution": sh("bash <(curl -s https://x.example/i)"),
    "source": sh(". <(wget -qO- https://x.example/i)"),
    "eval curl": sh('eval "$(curl -s https://x.example/i)"'),
    "download and run": sh("curl -o /tmp/i https://x.example/i", "chmod +x /tmp/i", "/tmp/i"),
    "download and sh": sh("wget https://x.example/i.sh", "sh i.sh"),
    "redirected download": sh("curl https://x.example/i > /tmp/i", "bash /tmp/i"),
    "unpack a download": sh("curl -sL https://x.example/a.tgz | tar xz -C /opt"),
    "pip": sh("pip3.11 install -r requirements.txt"),
    "python -m pip": sh("python3 -m pip install x"),
    "npm": sh("npm ci --omit=dev"),
    "gem": sh("gem install x"),
    "rpm": sh("rpm -Uvh https://x.example/a.rpm"),
    "dpkg": sh("dpkg -i a.deb"),
    "git": sh("git clone https://x.example/app /opt/app"),
    "extras": sh("amazon-linux-extras install -y nginx1"),
    "snap": sh("snap install x --classic"),
    "chef": sh("chef-client -z"),
    "ansible": sh("ansible-pull -U https://x.example/play"),
    "python script": "#!/usr/bin/env python3\nimport subprocess\nsubprocess.run(['apt-get', 'install', 'x'])\n",
    "python -m in python": "#!/usr/bin/python3\nimport os, sys, subprocess\n"
    "subprocess.check_call([sys.executable, '-m', 'pip', 'install', 'x'])\n",
    "os.system": "#!/usr/bin/python3\nimport os\nos.system('curl x | sh')\n",
    "packages": cloud("packages: [nginx]"),
    "package_upgrade": cloud("package_upgrade: true"),
    "runcmd words": cloud("runcmd:\n  - [apt-get, install, -y, x]"),
    "runcmd line": cloud("runcmd:\n  - yum install -y x"),
    "runcmd in two": cloud("runcmd:\n  - curl -o /i https://x\n  - sh /i"),
    "bootcmd": cloud("bootcmd:\n  - cloud-init-per once u yum update"),
    "apt sources": cloud("apt:\n  sources:\n    x: {source: 'deb http://x'}"),
    "written script": cloud("write_files:\n  - path: /run.sh\n    content: |\n      #!/bin/sh\n      yum update -y"),
    "include": "#include\nhttps://x.example/user-data\n",
    "boothook": "#cloud-boothook\n#!/bin/sh\nyum update -y\n",
    "jinja": "## template: jinja\n#cloud-config\npackages: [x]\n",
    "multipart": parts(("x-shellscript", sh("true")), ("cloud-config", cloud("packages: [x]"))),
    "perl": "#!/usr/bin/perl\nsystem('apt-get install x');\n",
    "broken cloud-config": "#cloud-config\n: : :\n  - [\n",
}

STARTING = {
    "nothing": "",
    "start": sh("set -euo pipefail", "exec /opt/shop/start --config /shop/prod"),
    "comment": sh("# apt-get install nginx"),
    "said": sh("echo 'run apt-get install nginx first' >&2"),
    "written": sh("cat > /etc/motd <<EOF", "yum install is not needed here", "EOF"),
    "asked": sh("rpm -q nginx", "dpkg -l", "apt list --installed", "pip list", "snap list"),
    "service": sh("systemctl enable --now shop.service"),
    "container by digest": sh("docker run --restart always registry.example/web@sha256:" + "a" * 64),
    "metadata": sh(
        "TOKEN=$(curl -sX PUT http://169.254.169.254/latest/api/token)", 'curl -H "X: $TOKEN" http://169.254.169.254/'
    ),
    "parameter": sh("aws ssm get-parameter --name /web/key --query Parameter.Value > /run/key"),
    "npm start": sh("cd /opt/app && npm run start"),
    "python app": "#!/usr/bin/env python3\nimport subprocess\nsubprocess.run(['systemctl', 'start', 'shop'])\n",
    "cloud-config": cloud("hostname: web\nruncmd:\n  - [systemctl, start, web]\npackages: []\npackage_update: false"),
    "a file": cloud("write_files:\n  - path: /etc/shop.conf\n    content: |\n      install = yes"),
}


@pytest.mark.parametrize("text", INSTALLING.values(), ids=INSTALLING)
def test_what_changes_the_machine_is_found(text: str) -> None:
    assert list(findings(text))


@pytest.mark.parametrize("text", STARTING.values(), ids=STARTING)
def test_what_only_starts_things_passes(text: str) -> None:
    assert list(findings(text)) == []


@pytest.mark.parametrize("text", INSTALLING.values(), ids=INSTALLING)
def test_it_is_found_in_base64_and_compressed_too(text: str) -> None:
    assert list(findings(base64.b64encode(text.encode()).decode()))
    assert list(findings(base64.b64encode(gzip.compress(text.encode())).decode()))


def test_what_can_not_be_read_is_said() -> None:
    assert list(findings(base64.b64encode(b"\x1f\x8b broken").decode())) == [
        "it is compressed or binary in a way that can't be read"
    ]
    assert list(findings("<powershell>\nInstall-Package x\n</powershell>")) == [
        "it is a Windows script, which can't be checked"
    ]


def test_characters_beyond_the_grammars_tables_are_letters() -> None:
    assert list(findings("#!/bin/sh\nrm {\U0010ffff,é}; apt-get install -y häse\n")) == [
        "it runs `apt-get install -y häse`"
    ]


@example("O{\U000febdf")
@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    for start in ("", "#!/bin/sh\n", "#cloud-config\n", "#!/usr/bin/python3\n", "Content-Type: multipart/mixed\n\n"):
        assert isinstance(list(findings(start + text)), list)
