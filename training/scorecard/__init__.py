"""What is measured of a reader, through the service's own command line.

``rows`` makes the pictures, some of them spoilt by ``corruptions``; ``service`` has them read;
``evaluate`` counts, ``bootstrap`` says how sure the counts are, ``report`` writes it down.
``sensitivity`` does the same along one quantity after another.
"""
