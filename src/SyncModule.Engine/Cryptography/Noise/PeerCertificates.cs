using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography.Noise;

/// <summary>The one check of a certificate that came in a handshake; membership is asked later, of the fold (format-1 §13).</summary>
internal static class PeerCertificates
{
    /// <summary>Reads the certificate at the start of a payload; <paramref name="used"/> bytes of it are the certificate.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.HandshakeRefused"/>: malformed, of another vault, for another Noise key, or not signed by its device.</exception>
    public static DeviceCertificate Read(ReadOnlySpan<byte> payload, VaultId vaultId, in Id32 noiseStatic, out int used)
    {
        DeviceCertificate certificate;
        try
        {
            var reader = new CborReader(payload);
            certificate = DeviceCertificate.Read(ref reader);
            used = reader.Position;
        }
        catch (VaultFormatException)
        {
            throw NoiseHandshake.Refused("The peer's certificate is malformed");
        }

        if (certificate.VaultId != vaultId) throw NoiseHandshake.Refused("The peer's certificate is for another vault");
        if (certificate.ExchangeKey != noiseStatic) throw NoiseHandshake.Refused("The peer's certificate is for another key");
        if (!certificate.HasValidSignature(SignatureVerifier.Instance)) throw NoiseHandshake.Refused("The peer's certificate is not signed by its device");
        return certificate;
    }
}
