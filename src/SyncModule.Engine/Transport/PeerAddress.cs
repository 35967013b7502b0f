using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SyncModule.Engine.Transport;

/// <summary>Where a device listens: a host name or an IP address, and a port. Host names are lower-case ASCII (international ones in their xn-- form).</summary>
public sealed record PeerAddress
{
    /// <summary>The port when none is written.</summary>
    public const int DefaultPort = 22020;

    private const int LongestName = 253;
    private const int LongestText = 512;

    private PeerAddress(string host, int port, IPAddress? ip) => (Host, Port, Ip) = (host, port, ip);

    /// <summary>A name or an IP address without brackets.</summary>
    public string Host { get; }

    /// <summary>0 to 65,535; 0 means "any" and can only be listened on.</summary>
    public int Port { get; }

    /// <summary>The address when <see cref="Host"/> is no name.</summary>
    internal IPAddress? Ip { get; }

    /// <summary>The same host with another port.</summary>
    public PeerAddress WithPort(int port)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        return new(Host, port, Ip);
    }

    /// <summary>Reads HOST, HOST:PORT, [IPv6]:PORT or IPv6.</summary>
    /// <exception cref="SyncException">AddressInvalid.</exception>
    public static PeerAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // The text may hold anything; only what is short and printable is shown again.
        return TryParse(text, out var address) ? address : throw SyncErrors.AddressInvalid.With(
            text.Length <= 64 && text.All(c => c is > ' ' and <= '~') ? $"\"{text}\" is no address" : "The text is no address");
    }

    /// <inheritdoc cref="Parse"/>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out PeerAddress? address)
    {
        address = null;
        if (string.IsNullOrEmpty(text) || text.Length > LongestText) return false;
        string host = text;
        string? port = null;
        if (text[0] == '[')
        {
            int end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0) return false;
            host = text[1..end];
            if (!host.Contains(':', StringComparison.Ordinal)) return false;
            if (end + 1 < text.Length)
            {
                if (text[end + 1] != ':') return false;
                port = text[(end + 2)..];
            }
        }
        else if (text.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon && colon == text.LastIndexOf(':'))
        {
            (host, port) = (text[..colon], text[(colon + 1)..]);
        }

        // Two colons without brackets: an IPv6 address whole, never one that ends in a port.
        int number = DefaultPort;
        if (port is not null && !TryPort(port, out number)) return false;
        if (!TryHost(host, out string? canonical, out var ip)) return false;
        address = new(canonical, number, ip);
        return true;
    }

    /// <summary>An address that the system reports; IPv4 inside IPv6 is shown as IPv4.</summary>
    internal static PeerAddress From(IPEndPoint point)
    {
        var ip = point.Address.IsIPv4MappedToIPv6 ? point.Address.MapToIPv4() : point.Address;
        return new(ip.ToString(), point.Port, ip);
    }

    /// <summary>Text that <see cref="Parse"/> reads as an equal address.</summary>
    public override string ToString() => (Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:" : $"{Host}:") + Port.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public bool Equals(PeerAddress? other) => other is not null && Port == other.Port && string.Equals(Host, other.Host, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Host) ^ Port;

    private static bool TryPort(string text, out int port)
    {
        port = 0;
        if (text.Length is 0 or > 5 || !text.All(char.IsAsciiDigit)) return false;
        port = int.Parse(text, CultureInfo.InvariantCulture);
        return port <= ushort.MaxValue;
    }

    private static bool TryHost(string host, [NotNullWhen(true)] out string? canonical, out IPAddress? ip)
    {
        (canonical, ip) = (null, null);
        if (host.Contains(':', StringComparison.Ordinal))
        {
            if (host.Contains('[', StringComparison.Ordinal) || host.Contains(']', StringComparison.Ordinal)) return false;
            if (!IPAddress.TryParse(host, out ip) || ip.AddressFamily != AddressFamily.InterNetworkV6) return false;
            canonical = ip.ToString();
            return true;
        }

        string name = host.ToLowerInvariant();
        if (name.Any(c => c > '~') && !TryAscii(name, out name)) return false;
        string[] labels = name.Split('.');
        // A name that ends in a number would be read as an address by the resolver ("1" as 0.0.0.1): only four plain decimal parts are one.
        if (labels[^1].Length > 0 && labels[^1].All(char.IsAsciiDigit))
        {
            if (labels.Length != 4 || labels.Any(l => l.Length is 0 or > 3 || (l.Length > 1 && l[0] == '0') || !l.All(char.IsAsciiDigit)) || !IPAddress.TryParse(name, out ip)) return false;
            canonical = ip.ToString();
            return true;
        }

        if (labels.Length > 1 && labels[^1].Length == 0) labels = labels[..^1]; // one final dot: the root
        if (name.Length > LongestName || !labels.All(IsLabel)) return false;
        canonical = name;
        return true;
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_');

    private static bool TryAscii(string name, out string ascii)
    {
        ascii = name;
        try
        {
            ascii = new IdnMapping().GetAscii(name);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
