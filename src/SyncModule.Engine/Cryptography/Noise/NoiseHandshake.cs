using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography.Noise;

/// <summary>
/// Noise_XXpsk3_25519_AESGCM_SHA256 by the Noise specification, revision 34, and, without a pre-shared key, Noise_XX_25519_AESGCM_SHA256
/// (for published vectors; no session uses it):
/// <code>
/// → e        ← e, ee, s, es        → s, se, psk
/// </code>
/// A step out of order is a bug of the caller and throws <see cref="InvalidOperationException"/>; after a failed read nothing works.
/// </summary>
internal sealed class NoiseHandshake : IDisposable
{
    private const int KeySize = 32;
    private const int Messages = 3;

    private readonly SymmetricState _state;
    private readonly bool _initiator;
    private readonly SecretKey _static;
    private readonly SecretKey? _psk;
    private readonly IRandomSource _random;
    private readonly byte[] _remoteStatic = new byte[KeySize];
    private readonly byte[] _remoteEphemeral = new byte[KeySize];
    private SecretKey? _ephemeral;
    private int _step;
    private bool _failed;

    public NoiseHandshake(bool initiator, ReadOnlySpan<byte> prologue, SecretKey staticSecret, SecretKey? psk, IRandomSource random)
    {
        _state = new SymmetricState(psk is null ? "Noise_XX_25519_AESGCM_SHA256" : "Noise_XXpsk3_25519_AESGCM_SHA256");
        _state.MixHash(prologue);
        _initiator = initiator;
        _static = staticSecret.Clone();
        _psk = psk?.Clone();
        _random = random;
    }

    /// <summary>The peer's ephemeral key, after its first message.</summary>
    public Id32 RemoteEphemeral => new(_remoteEphemeral);

    /// <summary>The peer's static key, after the message that carries it.</summary>
    public Id32 RemoteStatic => new(_remoteStatic);

    /// <summary>The transcript hash; after the third message it names the session.</summary>
    public Id32 HandshakeHash => _state.Hash;

    public bool IsComplete => _step == Messages && !_failed;

    /// <summary>Length of the next message for a payload of this length.</summary>
    public int MessageLength(int payload)
    {
        int tag = CipherState.TagSize;
        return payload + _step switch { 0 => KeySize + (_psk is null ? 0 : tag), 1 => KeySize + KeySize + tag + tag, _ => KeySize + tag + tag };
    }

    public byte[] WriteMessage(ReadOnlySpan<byte> payload)
    {
        CheckTurn(write: true);
        var message = new byte[MessageLength(payload.Length)];
        int at = 0;
        if (_step < 2)
        {
            _ephemeral = new SecretKey(_random);
            var e = message.AsSpan(0, KeySize);
            Sodium.X25519PublicKey(_ephemeral.Span, e);
            MixEphemeral(e);
            at = KeySize;
        }

        if (_step == 1) Mix(_ephemeral!, _remoteEphemeral); // ee
        if (_step > 0)
        {
            Span<byte> s = stackalloc byte[KeySize];
            Sodium.X25519PublicKey(_static.Span, s);
            at += _state.EncryptAndHash(s, message.AsSpan(at));
            Mix(_static, _remoteEphemeral); // es for the responder, se for the initiator
        }

        if (_step == 2 && _psk is not null) _state.MixKeyAndHash(_psk.Span);
        at += _state.EncryptAndHash(payload, message.AsSpan(at));
        _step++;
        return at == message.Length ? message : throw new InvalidOperationException("A handshake message has an unforeseen length.");
    }

    /// <summary>Reads the peer's message and returns its payload.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.HandshakeRefused"/>: too short, not authentic, or a key of low order.</exception>
    public byte[] ReadMessage(ReadOnlySpan<byte> message)
    {
        CheckTurn(write: false);
        _failed = true; // until the end is reached
        if (message.Length < MessageLength(0)) throw Refused("The peer's handshake message is too short");
        int at = 0;
        if (_step < 2)
        {
            message[..KeySize].CopyTo(_remoteEphemeral);
            MixEphemeral(_remoteEphemeral);
            at = KeySize;
        }

        if (_step == 1) Mix(_ephemeral!, _remoteEphemeral);
        if (_step > 0)
        {
            int length = KeySize + _state.Overhead;
            if (!_state.TryDecryptAndHash(message.Slice(at, length), _remoteStatic)) throw Refused("The peer's handshake message is not authentic");
            at += length;
            Mix(_ephemeral!, _remoteStatic); // es for the initiator, se for the responder
        }

        if (_step == 2 && _psk is not null) _state.MixKeyAndHash(_psk.Span);
        var payload = new byte[message.Length - at - _state.Overhead];
        if (!_state.TryDecryptAndHash(message[at..], payload)) throw Refused("The peer's handshake message is not authentic");
        _step++;
        _failed = false;
        return payload;
    }

    /// <summary>The transport ciphers as seen from this side.</summary>
    public (CipherState Send, CipherState Receive) Split()
    {
        if (!IsComplete) throw new InvalidOperationException("The handshake is not complete.");
        var (first, second) = _state.Split();
        return _initiator ? (first, second) : (second, first);
    }

    public void Dispose()
    {
        _state.Dispose();
        _static.Dispose();
        _psk?.Dispose();
        _ephemeral?.Dispose();
        _failed = true;
    }

    internal static SyncException Refused(string what) => SyncErrors.HandshakeRefused.With(what);

    // In a handshake with a pre-shared key, the ephemeral goes into the key too (Noise specification §9.2).
    private void MixEphemeral(ReadOnlySpan<byte> e)
    {
        _state.MixHash(e);
        if (_psk is not null) _state.MixKey(e);
    }

    private void Mix(SecretKey secret, ReadOnlySpan<byte> publicKey)
    {
        Span<byte> shared = stackalloc byte[KeySize];
        if (!Sodium.TryX25519(secret.Span, publicKey, shared)) throw Refused("The peer sent a key of low order");
        _state.MixKey(shared);
        CryptographicOperations.ZeroMemory(shared);
    }

    private void CheckTurn(bool write)
    {
        bool mine = _initiator == (_step % 2 == 0);
        if (_failed || _step >= Messages || mine != write) throw new InvalidOperationException("It is not this step's turn in the handshake.");
    }
}
