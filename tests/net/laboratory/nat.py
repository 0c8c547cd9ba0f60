"""What the routers in front of a side do, as nftables rulesets.

The interfaces of a router are "wan" and "lan". Linux maps a flow to the port it comes from where that is free, and
lets in only what answers a flow; in the words of RFC 4787 that is, for the single host a router here serves,
endpoint-independent mapping (port-preserving) with address- and port-dependent filtering.
"""

BASE = '''
table ip nat {{
  map mapped {{ type inet_service : ipv4_addr; flags dynamic,timeout; timeout 2m; size 4096; }}
  chain prerouting {{ type nat hook prerouting priority dstnat; {unmap} }}
  chain postrouting {{ type nat hook postrouting priority srcnat; oifname "wan" masquerade {how}; }}
}}
table ip filter {{
  chain input {{
    # A closed router answers nothing on its outside, and is not reached from inside by its outer address: no hairpin.
    type filter hook input priority filter; policy drop;
    ct state established,related accept
  }}
  chain forward {{
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "wan" ct status dnat accept
    iifname "lan" oifname "lan" accept
    iifname "lan" oifname "wan" {allowed} accept
  }}
}}
{extra}
'''


def rules(how='persistent', allowed='', unmap='', extra=''):
    return BASE.format(how=how, allowed=allowed, unmap=unmap, extra=extra)


def endpoint_independent():
    """Full cone for UDP: whoever sends to a port that is mapped reaches the host that has it."""
    # The table nat owns the map, and a map is visible in its own table only: so it is filled there.
    learn = '''
table ip nat {
  chain learn {
    type filter hook forward priority filter - 1;
    iifname "lan" oifname "wan" meta l4proto udp update @mapped { udp sport : ip saddr }
  }
}'''
    return rules(unmap='iifname "wan" meta l4proto udp dnat to udp dport map @mapped;', extra=learn)


RULES = {
    # Endpoint-independent mapping and filtering (UDP); TCP is filtered by address and port.
    'full_cone': endpoint_independent(),
    # Endpoint-independent mapping, address- and port-dependent filtering.
    'port_restricted': rules(),
    # Address- and port-dependent mapping (each flow gets a random port) and filtering.
    'symmetric': rules(how='fully-random'),
    # Port-restricted NAT whose firewall lets out TCP only. The rest vanishes without a word.
    'tcp_only': rules(allowed='meta l4proto tcp'),
    # The same, and only to port 443.
    'https_only': rules(allowed='tcp dport 443'),
}

# What happens behind a dead interface: nothing is answered except ARP.
BLACK_HOLE = '''
table inet dead {
  chain input { type filter hook input priority filter; policy drop; }
  chain forward { type filter hook forward priority filter; policy drop; }
}
'''
